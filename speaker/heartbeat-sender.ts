import type { Cidr } from "#src/ip/cidr.ts";
import { type Claim, CLAIMS_PER_HEARTBEAT, encodeHeartbeat } from "#src/wire/heartbeat.ts";
import type { PeerMessage } from "#speaker/messages.ts";

/**
 * Chunks sent at once. A receive buffer of usual size (net.core.rmem_default, 208 KB) holds some 90 datagrams of this
 * length, from all peers together; 16 chunks are 448 claims.
 */
const CHUNKS_AT_ONCE = 16;

/** What every heartbeat of this speaker says, whoever it goes to. */
export interface OwnState {
  readonly ready: boolean;
  readonly leaving: boolean;
  readonly subnets: readonly Cidr[];
  /** The newest last. */
  readonly claims: ReadonlyMap<string, Claim>;
  /** Changes whenever `claims` does. */
  readonly claimsVersion: number;
}

export interface HeartbeatSenderOptions {
  readonly node: string;
  readonly session: bigint;
  /** Signs. */
  readonly key: Uint8Array;
  /** Sends one datagram, or loses it: a peer that cannot be reached is normal. */
  send(peer: PeerMessage, datagram: Uint8Array): void;
}

/** Makes signed datagrams of this speaker's state: which chunk of the claims goes out when. */
export class HeartbeatSender {
  readonly session: bigint;
  readonly #options: HeartbeatSenderOptions;
  #key: Uint8Array;
  #sequence = 0;
  #claims: readonly Claim[] = [];
  #claimsVersion: number | undefined;
  #lastChunk = 0;
  /** Chunks of new claims that have not been sent yet. */
  #newChunks = 0;

  constructor(options: HeartbeatSenderOptions) {
    this.#options = options;
    this.session = options.session;
    this.#key = options.key;
  }

  /** Signs with another key from now on. */
  setKey(key: Uint8Array): void {
    this.#key = key;
  }

  /**
   * Sends a heartbeat to each peer, carrying the next chunk of the claims. When the claims are new all chunks go out at
   * once, or, if they are too many for the receivers' buffers, over the next calls; those with the newest claims first.
   */
  send(peers: readonly PeerMessage[], own: OwnState, sessionOf: (node: string) => bigint): void {
    const { node, send } = this.#options;
    if (own.claimsVersion !== this.#claimsVersion) this.#take(own);
    const chunks = chunksOf(this.#claims);
    const count = Math.min(Math.max(this.#newChunks, 1), CHUNKS_AT_ONCE);
    this.#newChunks = Math.max(0, this.#newChunks - count);
    for (let sent = 0; sent < count; sent++) {
      // Backwards: the newest claims are in the last chunk.
      const chunk = (this.#lastChunk + chunks - 1) % chunks;
      this.#lastChunk = chunk;
      this.#sequence++;
      const part = this.#claims.slice(chunk * CLAIMS_PER_HEARTBEAT, (chunk + 1) * CLAIMS_PER_HEARTBEAT);
      const said = { ...own, node, session: this.session, sequence: this.#sequence, claims: part, chunk, chunks };
      for (const peer of peers) send(peer, encodeHeartbeat({ ...said, echo: sessionOf(peer.node) }, this.#key));
    }
  }

  #take({ claims, claimsVersion }: OwnState): void {
    this.#claims = [...claims.values()];
    this.#claimsVersion = claimsVersion;
    this.#newChunks = chunksOf(this.#claims);
    this.#lastChunk = 0;
  }
}

function chunksOf(claims: readonly Claim[]): number {
  return Math.max(1, Math.ceil(claims.length / CLAIMS_PER_HEARTBEAT));
}
