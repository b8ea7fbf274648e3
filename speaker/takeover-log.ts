import type { TakeoverReason } from "#src/election/takeover-reason.ts";
import type { Ip } from "#src/ip/address.ts";
import { printAddresses } from "#src/model/print-addresses.ts";
import { type GainCause, MAX_TAKEOVER_TEXTS, MAX_TAKEOVERS, type Takeover } from "#src/model/takeover.ts";
import type { Handover } from "#src/election/handovers.ts";

/** What belongs to one round: the claims of thousands of addresses arrive over many heartbeats. */
const ROUND_MS = 1_000;
/** Addresses remembered of one round; the counts are of all. */
const MAX_ADDRESSES = 1_000;

interface Round extends TakeoverReason {
  readonly at: string;
  readonly startedMs: number;
  gained: number;
  lost: number;
  readonly ips: Ip[];
}

/** The last rounds in which addresses changed hands, for people who ask what happened. */
export class TakeoverLog {
  #rounds: readonly Round[] = [];

  /** Takes in what changed hands now; returns the causes of rounds in which this speaker began to gain addresses. */
  add(handovers: readonly Handover[], now: { readonly ms: number; readonly iso: string }): readonly GainCause[] {
    const began: GainCause[] = [];
    for (const one of handovers) {
      const round = this.#roundOf(one, now);
      if (one.isGain && round.gained === 0) began.push(one.cause);
      if (one.isGain) round.gained += 1;
      else round.lost += 1;
      if (round.ips.length < MAX_ADDRESSES) round.ips.push(one.ip);
    }
    return began;
  }

  /** The newest first. */
  list(): readonly Takeover[] {
    return this.#rounds.map(({ at, cause, from, gained, lost, ips }) => {
      return { at, cause, from, gained, lost, addresses: printAddresses(ips).slice(0, MAX_TAKEOVER_TEXTS) };
    });
  }

  #roundOf({ cause, from }: TakeoverReason, now: { readonly ms: number; readonly iso: string }): Round {
    const isSame = (round: Round): boolean => round.cause === cause && round.from === from;
    const known = this.#rounds.find((round) => isSame(round) && now.ms - round.startedMs < ROUND_MS);
    if (known !== undefined) return known;
    const round = { cause, from, at: now.iso, startedMs: now.ms, gained: 0, lost: 0, ips: [] };
    this.#rounds = [round, ...this.#rounds].slice(0, MAX_TAKEOVERS);
    return round;
  }
}
