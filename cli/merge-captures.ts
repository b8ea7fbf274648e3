import { type Ip, printIp } from "#src/ip/address.ts";
import { isAboutAddress, type NeighborFrame, readNeighborFrame } from "#src/layer2/neighbor-frame.ts";
import { type CaptureReport, MAX_CAPTURED_FRAMES } from "#src/model/capture-report.ts";
import type { PcapngContent } from "#src/wire/pcapng.ts";
import { parseMac } from "#src/wire/mac.ts";

/** A frame that a node saw. */
export interface SeenFrame {
  /** Nanoseconds since 1970 by the clock of the node. */
  readonly atNs: bigint;
  readonly node: string;
  readonly interfaceName: string;
  readonly isSent: boolean;
  readonly bytes: Uint8Array;
  readonly read: NeighborFrame;
}

/** The frames about an address that all nodes saw, in the order of their times. What a speaker reports of other frames is left out. */
export function mergeCaptures(reports: readonly CaptureReport[], ip: Ip): readonly SeenFrame[] {
  const seen = reports.flatMap(({ node, interfaces, frames }) =>
    frames.flatMap(({ atNs, interfaceIndex, isSent, bytes }): readonly SeenFrame[] => {
      const read = readNeighborFrame(bytes);
      if (read === undefined || !isAboutAddress(read, ip)) return [];
      return [{ atNs, node, interfaceName: interfaces[interfaceIndex]?.name ?? "", isSent, bytes, read }];
    }),
  );
  return seen.toSorted((left, right) => (left.atNs < right.atNs ? -1 : left.atNs > right.atNs ? 1 : 0));
}

/** What a pcapng file of these reports holds: an interface for each of each node, also where nothing was seen. */
export function pcapngOf(
  reports: readonly CaptureReport[],
  frames: readonly SeenFrame[],
  { program, ip }: { readonly program: string; readonly ip: Ip },
): PcapngContent {
  const places = reports.flatMap(({ node, interfaces, isCut }) =>
    interfaces.map(({ name, mac }) => ({ node, name, mac, isCut })),
  );
  const indexes = new Map(places.map(({ node, name }, index) => [JSON.stringify([node, name]), index]));
  return {
    program,
    interfaces: places.map(({ node, name, mac, isCut }) => ({
      name: `${node}/${name}`,
      description: `ARP and NDP about ${printIp(ip)}, seen by the speaker of node ${node} on ${name}`,
      mac: parseMac(mac),
      comment: isCut ? `Ended early: a capture of one node has room for ${MAX_CAPTURED_FRAMES} frames` : "",
    })),
    packets: frames.map(({ node, interfaceName, atNs, isSent, bytes }) => {
      return { interfaceIndex: indexes.get(JSON.stringify([node, interfaceName])) ?? 0, atNs, isSent, bytes };
    }),
  };
}
