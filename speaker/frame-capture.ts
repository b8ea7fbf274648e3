import { type Ip, parseIp } from "#src/ip/address.ts";
import { captureFilter } from "#src/layer2/capture-filter.ts";
import { isAboutAddress, readNeighborFrame } from "#src/layer2/neighbor-frame.ts";
import type { Link } from "#src/linux/link.ts";
import { type OpenPacketSocket, PACKET_OUTGOING, type PacketSocket } from "#src/linux/packet-socket.ts";
import {
  type CapturedFrame,
  type CaptureReport,
  MAX_CAPTURED_BYTES,
  MAX_CAPTURED_FRAMES,
  MAX_CAPTURED_LINKS,
} from "#src/model/capture-report.ts";
import { printMac } from "#src/wire/mac.ts";
import { multicastMac, solicitedNodeGroup } from "#src/wire/solicited-node.ts";
import type { CaptureMessage } from "./messages.ts";

/** All protocols: only such a socket hears what this machine sends. The filter lets through what is asked for. */
const ETH_P_ALL = 0x0003;
/** Frames about one address are few; a flood of them fills the capture and ends it. */
const SLOTS = 16;
const RECEIVE_BUFFER_BYTES = 128 << 10;
/** Frames that are looked at, at most: also those that the filter lets through and that are malformed cost time. */
const MAX_HEARD = 4_096;

export interface FrameCaptureOptions {
  readonly node: string;
  /** The links that the speaker uses now. */
  links(): readonly Link[];
  readonly openPacketSocket: OpenPacketSocket;
  /** Starts a clock in nanoseconds since 1970. */
  startWallClock(): () => bigint;
  /** It is over: its time has passed, there is no room, or it could not begin. */
  onEnd(report: CaptureReport): void;
}

interface Running {
  readonly asked: string;
  readonly endMs: number;
  readonly links: readonly Link[];
  readonly sockets: readonly PacketSocket[];
  readonly frames: CapturedFrame[];
  bytes: number;
  heard: number;
  why: string;
}

/**
 * Listens for the ARP and NDP frames about one address on all links of the speaker, received and sent, while a person asks for
 * that. One address at a time; a new request ends the one before without a report. It has no timer: the worker calls `tick`.
 */
export class FrameCapture {
  readonly #options: FrameCaptureOptions;
  #running: Running | undefined;

  constructor(options: FrameCaptureOptions) {
    this.#options = options;
  }

  start({ asked, address, forMs }: CaptureMessage, nowMs: number): void {
    this.stop();
    const ip = parseIp(address);
    if (ip === undefined) return;
    const links = this.#options.links().slice(0, MAX_CAPTURED_LINKS);
    const clock = this.#options.startWallClock();
    const opened: PacketSocket[] = [];
    const sums = { bytes: 0, heard: 0, why: "" };
    const running: Running = { asked, endMs: nowMs + forMs, links, sockets: opened, frames: [], ...sums };
    this.#running = running;
    for (const [interfaceIndex, link] of links.entries()) {
      try {
        opened.push(
          this.#open(link, ip, (bytes, isSent) => {
            if (this.#running === running) this.#hear(running, ip, { atNs: clock(), interfaceIndex, isSent, bytes });
          }),
        );
      } catch (error) {
        running.why = `${link.name}: ${(error as Error).message}`;
      }
    }
    if (opened.length > 0) return;
    running.why ||= "its speaker uses no interface";
    this.#end(running, false);
  }

  /** Ends what runs, without a report. */
  stop(): void {
    for (const socket of this.#running?.sockets ?? []) socket.close();
    this.#running = undefined;
  }

  /** Ends what has run for its time; to be called often. */
  tick(nowMs: number): void {
    if (this.#running !== undefined && nowMs >= this.#running.endMs) this.#end(this.#running, false);
  }

  #open(link: Link, ip: Ip, onFrame: (bytes: Uint8Array, isSent: boolean) => void): PacketSocket {
    return this.#options.openPacketSocket({
      interfaceIndex: link.index,
      etherType: ETH_P_ALL,
      hearsSent: true,
      groupMac: ip.family === "ipv6" ? multicastMac(solicitedNodeGroup(ip)) : undefined,
      filter: captureFilter(ip),
      slots: SLOTS,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      onFrame: (frame, packetType) => onFrame(frame, packetType === PACKET_OUTGOING),
      // A link that goes down, or is gone: nothing comes from there any longer.
      onError: () => undefined,
    });
  }

  #hear(running: Running, ip: Ip, frame: CapturedFrame): void {
    running.heard += 1;
    if (running.heard > MAX_HEARD) return this.#end(running, true);
    const read = readNeighborFrame(frame.bytes);
    // What the filter let through is looked at again: nothing else may leave this machine.
    if (read === undefined || !isAboutAddress(read, ip)) return undefined;
    const sum = running.bytes + read.lengthBytes;
    if (sum > MAX_CAPTURED_BYTES || running.frames.length === MAX_CAPTURED_FRAMES) return this.#end(running, true);
    running.bytes = sum;
    running.frames.push({ ...frame, bytes: frame.bytes.slice(0, read.lengthBytes) });
    return undefined;
  }

  #end({ asked, why: before, links, sockets, frames }: Running, isCut: boolean): void {
    const lost = sockets.reduce((sum, socket) => sum + socket.readStats().dropped, 0);
    const why = before === "" && lost > 0 ? `${lost} more came faster than its speaker could take them` : before;
    this.stop();
    const interfaces = links.map(({ name, mac }) => ({ name, mac: printMac(mac) }));
    this.#options.onEnd({ node: this.#options.node, asked, why, interfaces, frames, isCut });
  }
}
