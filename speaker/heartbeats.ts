import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import type { Family } from "#src/ip/address.ts";
import type { Cidr } from "#src/ip/cidr.ts";
import {
  type Claim,
  CLAIMS_PER_HEARTBEAT,
  decodeHeartbeat,
  encodeHeartbeat,
  type Heartbeat,
  type HeartbeatFault,
} from "#src/wire/heartbeat.ts";
import type { PeerMessage } from "#speaker/messages.ts";

/** What every heartbeat of this speaker says, whoever it goes to. */
export interface OwnState {
  readonly ready: boolean;
  readonly leaving: boolean;
  readonly subnets: readonly Cidr[];
  readonly claims: ReadonlyMap<string, Claim>;
  /** Changes whenever `claims` does. */
  readonly claimsVersion: number;
}

export interface HeartbeatsOptions {
  readonly node: string;
  readonly port: number;
  readonly keys: readonly Uint8Array[];
  onHeartbeat(heartbeat: Heartbeat): void;
  onFault(fault: HeartbeatFault): void;
  onError(error: Error): void;
}

/** A session number nobody had before: tells a restarted speaker from its predecessor and a fresh heartbeat from a replay. */
function newSession(): bigint {
  return randomBytes(8).readBigUInt64BE() | 1n;
}

/** The UDP side of the heartbeats: signs and sends ours, checks and hands over those of others. */
export class Heartbeats {
  readonly session = newSession();
  readonly #options: HeartbeatsOptions;
  readonly #key: Uint8Array;
  readonly #sockets = new Map<Family, Socket>();
  #sequence = 0;
  #nextChunk = 0;

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
    const [key] = options.keys;
    if (key === undefined) throw new Error("at least one heartbeat key is needed");
    this.#key = key;
  }

  /** Binds the port, for IPv4 and, where the machine has it, IPv6. */
  async open(): Promise<void> {
    this.#sockets.set("ipv4", await this.#bind("udp4"));
    try {
      this.#sockets.set("ipv6", await this.#bind("udp6"));
    } catch (error) {
      this.#options.onError(error as Error);
    }
  }

  /** Sends one heartbeat to each peer, carrying the next chunk of the claims; `all` sends every chunk at once. */
  send(
    peers: readonly PeerMessage[],
    own: OwnState,
    { sessionOf, all }: { sessionOf(node: string): bigint; all: boolean },
  ): void {
    const claims = [...own.claims.values()];
    const chunks = Math.max(1, Math.ceil(claims.length / CLAIMS_PER_HEARTBEAT));
    this.#nextChunk = (this.#nextChunk + 1) % chunks;
    const due = all ? Array.from({ length: chunks }, (_, chunk) => chunk) : [this.#nextChunk];
    for (const chunk of due) {
      this.#sequence++;
      const part = claims.slice(chunk * CLAIMS_PER_HEARTBEAT, (chunk + 1) * CLAIMS_PER_HEARTBEAT);
      for (const peer of peers) this.#sendOne(peer, sessionOf(peer.node), { ...own, claims: part, chunk, chunks });
    }
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #sendOne(peer: PeerMessage, echo: bigint, part: Omit<Heartbeat, "node" | "session" | "echo" | "sequence">): void {
    const { node } = this.#options;
    const heartbeat = { ...part, node, session: this.session, echo, sequence: this.#sequence };
    // Without a callback a failed send is an "error" event of the socket: a peer that cannot be reached is normal.
    this.#sockets
      .get(peer.family)
      ?.send(encodeHeartbeat(heartbeat, this.#key), this.#options.port, peer.address, () => undefined);
  }

  #bind(type: "udp4" | "udp6"): Promise<Socket> {
    const socket = createSocket({ type, ipv6Only: type === "udp6", reuseAddr: false });
    socket.on("message", (bytes) => {
      const decoded = decodeHeartbeat(bytes, this.#options.keys);
      if (decoded.ok) this.#options.onHeartbeat(decoded.heartbeat);
      else this.#options.onFault(decoded.reason);
    });
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(this.#options.port, () => {
        socket.off("error", reject);
        socket.on("error", this.#options.onError);
        resolve(socket);
      });
    });
  }
}
