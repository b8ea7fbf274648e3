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
  #sequence = 0;
  #lastChunk = 0;
  /** Chunks of new claims that have not been sent yet. */
  #newChunks = 0;

  constructor(options: HeartbeatSenderOptions) {
    this.#options = options;
    this.session = options.session;
  }

  /**
   * Sends a heartbeat to each peer, carrying the next chunk of the claims. When the claims are new all chunks go out at
   * once, or, if they are too many for the receivers' buffers, over the next calls.
   */
  send(
    peers: readonly PeerMessage[],
    own: OwnState,
    { sessionOf, isNew }: { sessionOf(node: string): bigint; isNew: boolean },
  ): void {
    const { node, key } = this.#options;
    const claims = [...own.claims.values()];
    const chunks = Math.max(1, Math.ceil(claims.length / CLAIMS_PER_HEARTBEAT));
    if (isNew) this.#newChunks = chunks;
    const count = Math.min(Math.max(this.#newChunks, 1), CHUNKS_AT_ONCE);
    this.#newChunks = Math.max(0, this.#newChunks - count);
    for (let sent = 0; sent < count; sent++) {
      const chunk = (this.#lastChunk + 1) % chunks;
      this.#lastChunk = chunk;
      this.#sequence++;
      const part = claims.slice(chunk * CLAIMS_PER_HEARTBEAT, (chunk + 1) * CLAIMS_PER_HEARTBEAT);
      const said = { ...own, node, session: this.session, sequence: this.#sequence, claims: part, chunk, chunks };
      for (const peer of peers) {
        this.#options.send(peer, encodeHeartbeat({ ...said, echo: sessionOf(peer.node) }, key));
      }
    }
  }
}
