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
  /** The longest of it. */
  silentMs: number | undefined;
  readonly ips: Ip[];
  /** The first of these as texts, once they were asked for since the last one came: to sort and print a thousand takes milliseconds. */
  texts: readonly string[] | undefined;
}

interface Now {
  /** Of a clock that only goes on. */
  readonly ms: number;
  /** The time of day, in ISO 8601. */
  readonly iso: string;
}

/** The last rounds in which addresses changed hands, for people who ask what happened. */
export class TakeoverLog {
  #rounds: readonly Round[] = [];

  /**
   * Takes in what changed hands now; returns the causes of rounds in which this speaker began to gain addresses. `heardMs`: when a
   * member was heard last, by the clock of `now`; undefined where it never was.
   */
  add(
    handovers: readonly Handover[],
    now: Now,
    heardMs: (node: string) => number | undefined = () => undefined,
  ): readonly GainCause[] {
    const began: GainCause[] = [];
    for (const one of handovers) {
      const round = this.#roundOf(one, now);
      if (one.isGain && round.gained === 0) began.push(one.cause);
      if (one.isGain) round.gained += 1;
      else round.lost += 1;
      const lastMs = one.isGain && one.cause === "MemberSilent" ? heardMs(one.from) : undefined;
      if (lastMs !== undefined) round.silentMs = Math.max(round.silentMs ?? 0, Math.round(now.ms - lastMs));
      if (round.ips.length === MAX_ADDRESSES) continue;
      round.ips.push(one.ip);
      round.texts = undefined;
    }
    return began;
  }

  /** The newest first. */
  list(): readonly Takeover[] {
    return this.#rounds.map((round) => {
      const { at, cause, from, gained, lost, ips, silentMs } = round;
      const addresses = (round.texts ??= printAddresses(ips).slice(0, MAX_TAKEOVER_TEXTS));
      return { at, cause, from, gained, lost, addresses, ...(silentMs === undefined ? {} : { silentMs }) };
    });
  }

  #roundOf({ cause, from }: TakeoverReason, now: Now): Round {
    const isSame = (round: Round): boolean => round.cause === cause && round.from === from;
    const known = this.#rounds.find((round) => isSame(round) && now.ms - round.startedMs < ROUND_MS);
    if (known !== undefined) return known;
    const counts = { gained: 0, lost: 0, silentMs: undefined, ips: [], texts: undefined };
    const round: Round = { cause, from, at: now.iso, startedMs: now.ms, ...counts };
    this.#rounds = [round, ...this.#rounds].slice(0, MAX_TAKEOVERS);
    return round;
  }
}
