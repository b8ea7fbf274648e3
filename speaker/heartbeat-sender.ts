import type { Cidr } from "#src/ip/cidr.ts";
import { type Claim, CLAIMS_PER_HEARTBEAT, encodeHeartbeat } from "#src/wire/heartbeat.ts";
import type { MemberMessage } from "./messages.ts";

/**
 * Chunks sent at once. A receive buffer of usual size (net.core.rmem_default, 208 KB) holds some 90 datagrams of this
 * length, from all members together; 16 chunks are 448 claims.
 */
const CHUNKS_AT_ONCE = 16;

/** Those that say nothing new, but belong to the new set, go out more slowly: a storm of changes would make a storm of datagrams. */
const REPEATS_AT_ONCE = 4;

/** What every heartbeat of this speaker says, to all members alike. */
export interface OwnState {
  readonly ready: boolean;
  readonly leaving: boolean;
  /** Longest time without a tick lately, in milliseconds. */
  readonly stallMs: number;
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
  /** Sends one datagram, or loses it: a member that cannot be reached is normal. */
  send(member: MemberMessage, datagram: Uint8Array): void;
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
  /** Chunks of the present set that have not been sent yet, and how many of them hold new claims: they come first. */
  #unsent = 0;
  #unsentNew = 0;

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
   * Sends a heartbeat to each member, carrying the next chunk of the claims. New claims go out at once, or, if they are
   * too many for the receivers' buffers, over the next calls; the rest of a set that changed follows in a few more.
   */
  send(members: readonly MemberMessage[], own: OwnState, echoTo: (node: string) => bigint): void {
    const { node, send } = this.#options;
    if (members.length === 0) return;
    if (own.claimsVersion !== this.#claimsVersion) this.#take(own);
    const chunks = chunksOf(this.#claims);
    const repeats = Math.min(this.#unsent - this.#unsentNew, REPEATS_AT_ONCE);
    const count = Math.max(1, Math.min(this.#unsentNew + repeats, CHUNKS_AT_ONCE));
    this.#unsent = Math.max(0, this.#unsent - count);
    this.#unsentNew = Math.max(0, this.#unsentNew - count);
    for (let sent = 0; sent < count; sent++) {
      // Backwards: the newest claims are in the last chunk.
      const chunk = (this.#lastChunk + chunks - 1) % chunks;
      this.#lastChunk = chunk;
      this.#sequence++;
      const part = this.#claims.slice(chunk * CLAIMS_PER_HEARTBEAT, (chunk + 1) * CLAIMS_PER_HEARTBEAT);
      const said = { ...own, node, session: this.session, sequence: this.#sequence, claims: part, chunk, chunks };
      for (const member of members) send(member, encodeHeartbeat({ ...said, echo: echoTo(member.node) }, this.#key));
    }
  }

  #take({ claims, claimsVersion }: OwnState): void {
    const before = this.#claims;
    this.#claims = [...claims.values()];
    this.#claimsVersion = claimsVersion;
    const known = countKnown(this.#claims, before);
    this.#unsent = chunksOf(this.#claims);
    // The new ones are the last: they may begin in the middle of a chunk.
    this.#unsentNew = known === this.#claims.length ? 0 : this.#unsent - Math.floor(known / CLAIMS_PER_HEARTBEAT);
    this.#lastChunk = 0;
  }
}

/** How many of the claims, from the first one on, were among those before: these keep their order, new ones come last. */
function countKnown(claims: readonly Claim[], before: readonly Claim[]): number {
  let known = 0;
  for (const claim of before) if (claim === claims[known]) known += 1;
  return known;
}

function chunksOf(claims: readonly Claim[]): number {
  return Math.max(1, Math.ceil(claims.length / CLAIMS_PER_HEARTBEAT));
}
