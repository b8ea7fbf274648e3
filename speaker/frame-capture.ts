import { getSystemErrorName } from "node:util";
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
/** What is missing is said so many times at most: links may come and go all the time. */
const MAX_LACKS = 20;
const TOO_MANY_LINKS = `it listened on ${MAX_CAPTURED_LINKS} interfaces, and uses more`;

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
  readonly ip: Ip;
  readonly endMs: number;
  readonly clock: () => bigint;
  /** Those that it listens on, and those that it could not open. */
  readonly links: Link[];
  readonly sockets: PacketSocket[];
  readonly frames: CapturedFrame[];
  /** What the report lacks, each once. */
  readonly lacks: Set<string>;
  bytes: number;
  heard: number;
}

/**
 * Listens for the ARP and NDP frames about one address on all links of the speaker, received and sent, while a person asks for
 * that, also on links that come in the meantime. One address at a time; a new request ends the one before without a report.
 * It has no timer: the worker calls `tick`.
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
    const clock = this.#options.startWallClock();
    const none = { links: [], sockets: [], frames: [], lacks: new Set<string>(), bytes: 0, heard: 0 };
    const running: Running = { asked, ip, endMs: nowMs + forMs, clock, ...none };
    this.#running = running;
    this.#openNew(running);
    if (running.sockets.length > 0) return;
    if (running.links.length === 0) running.lacks.add("its speaker uses no interface");
    this.#end(running, false);
  }

  /** Ends what runs, without a report. */
  stop(): void {
    for (const socket of this.#running?.sockets ?? []) socket.close();
    this.#running = undefined;
  }

  /** Ends what has run for its time, and listens on links that are new; to be called often. */
  tick(nowMs: number): void {
    const running = this.#running;
    if (running === undefined) return;
    if (nowMs >= running.endMs) this.#end(running, false);
    else this.#openNew(running);
  }

  /** A link that is made again has another index: it is a new one. */
  #openNew(running: Running): void {
    const known = new Set(running.links.map(({ index }) => index));
    for (const link of this.#options.links().filter(({ index }) => !known.has(index))) {
      if (running.links.length === MAX_CAPTURED_LINKS) return lack(running, TOO_MANY_LINKS);
      running.links.push(link);
      try {
        running.sockets.push(this.#open(running, link, running.links.length - 1));
      } catch (error) {
        lack(running, `${link.name}: ${(error as Error).message}`);
      }
    }
  }

  #open(running: Running, link: Link, interfaceIndex: number): PacketSocket {
    const { ip, clock } = running;
    return this.#options.openPacketSocket({
      interfaceIndex: link.index,
      etherType: ETH_P_ALL,
      hearsSent: true,
      groupMac: ip.family === "ipv6" ? multicastMac(solicitedNodeGroup(ip)) : undefined,
      filter: captureFilter(ip),
      slots: SLOTS,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      onFrame: (bytes, packetType) => {
        if (this.#running !== running) return;
        this.#hear(running, ip, { atNs: clock(), interfaceIndex, isSent: packetType === PACKET_OUTGOING, bytes });
      },
      // The link went down, and the socket goes on when it is up again; or it is gone.
      onError: (errno) => lack(running, `${link.name}: frames may be missing (${getSystemErrorName(-errno)})`),
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

  #end(running: Running, isCut: boolean): void {
    const { asked, links, sockets, frames } = running;
    const lost = sockets.reduce((sum, socket) => sum + socket.readStats().dropped, 0);
    if (lost > 0) lack(running, `${lost} more came faster than its speaker could take them`);
    const why = [...running.lacks].join("; ");
    this.stop();
    const interfaces = links.map(({ name, mac }) => ({ name, mac: printMac(mac) }));
    this.#options.onEnd({ node: this.#options.node, asked, why, interfaces, frames, isCut });
  }
}

function lack({ lacks }: Running, what: string): void {
  if (lacks.size < MAX_LACKS) lacks.add(what);
}
