import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { setTimeout as delay } from "node:timers/promises";
import type { Family } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";
import { decodeHeartbeat, type HeartbeatFault, type ReceivedHeartbeat } from "#src/wire/heartbeat.ts";
import type { RelayedHeartbeat } from "#src/election/membership.ts";
import type { Turn } from "#src/election/pacing.ts";
import { openClosedFirst } from "./closed-first.ts";
import { HeartbeatSender, type OwnState, type SentHeartbeats, type WordsToMember } from "./heartbeat-sender.ts";
import type { MemberMessage } from "./messages.ts";
import { heartbeatPortProblem } from "./socket-problems.ts";

/** Between two attempts to bind. */
const RETRY_MS = 1_000;

export interface HeartbeatsOptions {
  readonly node: string;
  readonly port: number;
  /** The first one signs, any is accepted. */
  readonly keys: readonly Uint8Array[];
  /** `from`: where it came from, with the node that made it. */
  onHeartbeat(received: ReceivedHeartbeat, from: MemberMessage): void;
  onFault(fault: HeartbeatFault): void;
  onError(error: Error): void;
  /** Hears why the port cannot be bound, after each attempt; an empty list if nothing hinders it any more. */
  onProblems(problems: readonly Problem[]): void;
}

/**
 * A session number that no speaker had before: it tells a restarted speaker from its predecessor and a fresh heartbeat from
 * a replay. It is a multiple of four, which says that this speaker reads heartbeats of version 3.
 */
function newSession(): bigint {
  return (randomBytes(8).readBigUInt64BE() | 4n) & ~3n;
}

/** The UDP side of the heartbeats: sends ours, checks and hands over those of others. */
export class Heartbeats {
  readonly session = newSession();
  readonly #options: HeartbeatsOptions;
  readonly #sender: HeartbeatSender;
  readonly #sockets = new Map<Family, Socket>();
  readonly #problems = new Map<Family, Problem>();
  readonly #closing = new AbortController();
  #keys: readonly Uint8Array[];

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
    this.#keys = options.keys;
    const { node, port, keys } = options;
    const [key] = keys;
    if (key === undefined) throw new Error("at least one heartbeat key is needed");
    this.#sender = new HeartbeatSender({
      node,
      session: this.session,
      key,
      // Without a callback a failed send is an "error" event of the socket: a member that cannot be reached is normal.
      send: ({ family, address }, datagram) =>
        this.#sockets.get(family)?.send(datagram, port, address, () => undefined),
    });
  }

  /** Binds the port, for IPv4 and, where the machine has it, IPv6, however long that takes. False if closed before. */
  async open(): Promise<boolean> {
    const bound = await Promise.all([this.#bindFamily("ipv4"), this.#bindFamily("ipv6")]);
    return bound.every(Boolean);
  }

  /** Sends the heartbeats of a tick. */
  send(turns: readonly Turn<MemberMessage>[], own: OwnState, words: WordsToMember): SentHeartbeats {
    return this.#sender.send(turns, own, words);
  }

  /** Passes heartbeats of others on to a member, whose session is given as last heard. */
  relay(to: MemberMessage, echo: bigint, heartbeats: readonly RelayedHeartbeat[]): void {
    this.#sender.relay(to, echo, heartbeats);
  }

  /** From now on the first one of these keys signs, and any is accepted. */
  setKeys(keys: readonly Uint8Array[]): void {
    const [key] = keys;
    if (key === undefined) return;
    this.#keys = keys;
    this.#sender.setKey(key);
  }

  close(): void {
    this.#closing.abort();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  async #bindFamily(family: Family): Promise<boolean> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        this.#sockets.set(family, await openClosedFirst(() => this.#bind(family)));
        this.#setProblem(family);
        return true;
      } catch (error) {
        if (family === "ipv6" && (error as NodeJS.ErrnoException).code !== "EADDRINUSE") {
          this.#options.onError(error as Error); // a machine without IPv6: nothing to wait for
          return true;
        }
        this.#setProblem(family, await heartbeatPortProblem(error as Error, this.#options.port));
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return false;
  }

  #setProblem(family: Family, problem?: Problem): void {
    if (problem === undefined) this.#problems.delete(family);
    else this.#problems.set(family, problem);
    this.#options.onProblems([...this.#problems.values()]);
  }

  #bind(family: Family): Promise<Socket> {
    const socket = createSocket({ type: family === "ipv6" ? "udp6" : "udp4", ipv6Only: family === "ipv6" });
    socket.on("message", (bytes, { address }) => {
      // A member asked the kernel whether a process has this port (`PortQuestions`).
      if (bytes.length === 0) return undefined;
      const decoded = decodeHeartbeat(bytes, this.#keys);
      if (!decoded.ok) return this.#options.onFault(decoded.reason);
      return this.#options.onHeartbeat(decoded, { node: decoded.heartbeat.node, address, family, macs: [] });
    });
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => {
        socket.close();
        reject(error);
      };
      socket.once("error", refuse);
      socket.bind(this.#options.port, () => {
        socket.off("error", refuse);
        socket.on("error", this.#options.onError);
        resolve(socket);
      });
    });
  }
}
