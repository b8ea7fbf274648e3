import { type Ip, printIp } from "#src/ip/address.ts";
import { counted } from "#src/model/counted.ts";
import { oneLine } from "#src/model/one-line.ts";
import { nameOfMac } from "#src/wire/name-of-mac.ts";
import type { SeenFrame } from "./merge-captures.ts";
import { printTable } from "./table.ts";

/** What a capture has to show. */
export interface ShownCapture {
  readonly ip: Ip;
  /** In the order of their times. */
  readonly frames: readonly SeenFrame[];
  /** Those whose speakers listened. */
  readonly nodes: readonly string[];
  /** Those from which something is missing, and why. */
  readonly missing: readonly { readonly node: string; readonly why: string }[];
  /** The nodes that have Ethernet addresses. */
  readonly nodeOf: ReadonlyMap<string, string>;
}

/** A line for each frame: when, which node saw it where, and what it says; and a summary. */
export function printCapture({ ip, frames, nodes, nodeOf }: ShownCapture, isWide: boolean): string {
  const on = `on ${counted(nodes.length, "node")}`;
  if (frames.length === 0) return `${oneLine(`No ARP or NDP frame about ${printIp(ip)} was seen ${on}.`)}\n`;
  const rows = frames.map(({ atNs, node, interfaceName, isSent, read }) => [
    isWide ? printTime(atNs) : printTime(atNs).slice(11, 26),
    node,
    interfaceName,
    isSent ? "out" : "in",
    ...(isWide ? [read.protocol] : []),
    sayFrame(read, nodeOf),
  ]);
  const title = ["TIME", "NODE", "INTERFACE", "WAY", ...(isWide ? ["PROTOCOL"] : []), "FRAME"];
  return `${printTable(title, rows)}\n${counted(frames.length, "frame")} ${on}.\n`;
}

/** As JSON. */
export function captureAsJson({ ip, frames, nodes, missing, nodeOf }: ShownCapture): unknown {
  return {
    address: printIp(ip),
    nodes,
    missing,
    frames: frames.map(({ atNs, node, interfaceName, isSent, read }) => ({
      at: printTime(atNs),
      node,
      interface: interfaceName,
      way: isSent ? "out" : "in",
      protocol: read.protocol,
      operation: read.operation,
      unasked: read.isUnasked,
      mac: read.mac,
      macNode: nodeOf.get(read.mac),
      sender: printIp(read.sender),
      target: printIp(read.target),
      destination: printIp(read.destination),
      text: sayFrame(read, nodeOf),
    })),
  };
}

/** Who asks whom, or says what, in words. */
function sayFrame(
  { protocol, operation, isUnasked, ...read }: SeenFrame["read"],
  nodeOf: ShownCapture["nodeOf"],
): string {
  const name = nodeOf.get(read.mac) ?? nameOfMac(read.mac);
  const mac = name === undefined ? read.mac : `${read.mac} (${name})`;
  const [sender, target] = [printIp(read.sender), printIp(read.target)];
  const owned = protocol === "arp" ? sender : target;
  if (isUnasked) return `${mac} says unasked that it has ${owned}`;
  if (operation === "answer") return `${mac} answers ${printIp(read.destination)}: it has ${owned}`;
  if (read.sender.value === 0n) return `${mac} asks whether another machine has ${target}`;
  return `${sender} at ${mac} asks for ${target}`;
}

/** To the nanosecond: `2026-11-30T14:00:00.123456789Z`. */
function printTime(atNs: bigint): string {
  const [ms, rest] = [Number(atNs / 1_000_000n), Number(atNs % 1_000_000n)];
  // What a speaker reports may be beyond the end of time.
  const time = new Date(Math.min(ms, 253_402_300_799_999)).toISOString();
  return `${time.slice(0, -1)}${String(rest).padStart(6, "0")}Z`;
}
