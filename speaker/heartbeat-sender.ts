import type { Cidr } from "#src/ip/cidr.ts";
import {
  type Claim,
  CLAIMS_PER_HEARTBEAT,
  encodeHeartbeat,
  encodeRelay,
  readsVersion2,
  type WatchWords,
} from "#src/wire/heartbeat.ts";
import type { Turn } from "#src/election/pacing.ts";
import type { RelayedHeartbeat } from "#src/election/membership.ts";
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

/** Datagrams to members that watch this speaker closely, and to the others. */
export interface SentHeartbeats {
  readonly close: number;
  readonly slow: number;
}

/** What a heartbeat says of the member that it goes to. */
export interface WordsToMember {
  /** Its session as last heard; 0n if never. */
  sessionOf(node: string): bigint;
  /** What a heartbeat of version 1 echoes. */
  echoTo(node: string): bigint;
  wordsTo(node: string): Omit<WatchWords, "everyMs">;
}

export interface HeartbeatSenderOptions {
  readonly node: string;
  readonly session: bigint;
  /** Signs. */
  readonly key: Uint8Array;
  /** Sends one datagram, or loses it: a member that cannot be reached is normal. */
  send(member: MemberMessage, datagram: Uint8Array): void;
}

/** Makes signed datagrams of this speaker's state. */
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
   * Sends the heartbeats of a tick. Those to watchers carry the next chunk of the claims. New claims go out at once, or, if
   * they are too many for the receivers' buffers, over the next calls; the rest of a set that changed follows in a few
   * more. Returns how many datagrams that were.
   */
  send(turns: readonly Turn<MemberMessage>[], own: OwnState, words: WordsToMember): SentHeartbeats {
    if (turns.length === 0) return { close: 0, slow: 0 };
    if (own.claimsVersion !== this.#claimsVersion) this.#take(own);
    const chunks = this.#nextChunks();
    for (const turn of turns)
      for (const chunk of turn.chunk === undefined ? chunks : [turn.chunk])
        this.#sendChunk(turn, chunk, { own, words });
    const slow = turns.filter(({ chunk }) => chunk !== undefined).length;
    return { slow, close: (turns.length - slow) * chunks.length };
  }

  /** Passes heartbeats of others on to a member, whose session is given as last heard. */
  relay(to: MemberMessage, echo: bigint, heartbeats: readonly RelayedHeartbeat[]): void {
    for (const { body, ageMs, everyMs } of heartbeats) {
      this.#sequence++;
      const head = { session: this.session, echo, sequence: this.#sequence, ageMs, everyMs };
      this.#options.send(to, encodeRelay(head, body, this.#key));
    }
  }

  /** The chunks whose turn it is: backwards, because the newest claims are in the last one. */
  #nextChunks(): readonly number[] {
    const chunks = claimChunks(this.#claims.length);
    const repeats = Math.min(this.#unsent - this.#unsentNew, REPEATS_AT_ONCE);
    const count = Math.max(1, Math.min(this.#unsentNew + repeats, CHUNKS_AT_ONCE));
    this.#unsent = Math.max(0, this.#unsent - count);
    this.#unsentNew = Math.max(0, this.#unsentNew - count);
    const first = this.#lastChunk;
    const next = Array.from({ length: count }, (_, index) => (first + chunks - 1 - index) % chunks);
    this.#lastChunk = next.at(-1) ?? first;
    return next;
  }

  #sendChunk(
    { to, everyMs }: Turn<MemberMessage>,
    chunk: number,
    { own, words }: { readonly own: OwnState; readonly words: WordsToMember },
  ): void {
    const { node, send } = this.#options;
    const chunks = claimChunks(this.#claims.length);
    this.#sequence++;
    const claims = this.#claims.slice(chunk * CLAIMS_PER_HEARTBEAT, (chunk + 1) * CLAIMS_PER_HEARTBEAT);
    const said = { ...own, node, session: this.session, sequence: this.#sequence, claims, chunk, chunks };
    const echo = words.sessionOf(to.node);
    // A speaker reads what it is: version 1 would refuse the words of version 2.
    const isVersion2 = readsVersion2(this.session) && readsVersion2(echo);
    const heartbeat = isVersion2
      ? { ...said, echo, watch: { ...words.wordsTo(to.node), everyMs } }
      : { ...said, echo: words.echoTo(to.node) };
    send(to, encodeHeartbeat(heartbeat, this.#key));
  }

  #take({ claims, claimsVersion }: OwnState): void {
    const before = this.#claims;
    this.#claims = [...claims.values()];
    this.#claimsVersion = claimsVersion;
    const known = countKnown(this.#claims, before);
    this.#unsent = claimChunks(this.#claims.length);
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

/** Heartbeats that so many claims take. */
export function claimChunks(claims: number): number {
  return Math.max(1, Math.ceil(claims / CLAIMS_PER_HEARTBEAT));
}
