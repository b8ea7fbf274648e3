import { type DailyWindow, isWithin } from "#src/model/daily-window.ts";
import { type SpreadLimits, type SpreadView, spreadMoves } from "./spread.ts";

/** Between two rounds of planned moves. */
const ROUND_MS = 1_000;
/** Addresses that move in a round, and that one member takes in it; and no speaker may think so long that others take it for dead. */
const LIMITS: SpreadLimits = { mostToOne: 10, most: 32, mostLooks: 20_000 };
/** A speaker that was not here for so long, because its machine did not run it, knows nothing of the meantime. */
const AWAY_MS = 1_500;
/** Where a person asks for it, members have to be settled for so long only. */
const ASKED_SETTLED_MS = 3_000;

/** What is known of the moment. */
export interface SpreadMoment {
  readonly self: string;
  readonly nowMs: number;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  /** Changes whenever a member comes, goes, or says other things of itself than its claims. */
  readonly viewVersion: number;
  /** Two claim one address, or one that could be served is vacant. */
  readonly isUnsettled: boolean;
  /** This speaker hears nothing of most that it watches. */
  readonly isCutOff: boolean;
}

/**
 * When planned moves are made that spread addresses, and which of them are this speaker's: nothing moves before all members were as they are
 * for a while, so that a node that comes and goes moves nothing; then a few addresses a round. The member that gets an
 * address takes it, its owner answers until it hears that. It reads no clock.
 */
export class Spreading {
  readonly #settledMs: number | undefined;
  readonly #window: DailyWindow | undefined;
  #askedUntilMs = 0;
  #viewVersion = -1;
  #changedMs = 0;
  #roundMs = -Infinity;
  #seenMs = 0;
  /** The last round found nothing to gain, and nothing has changed since. */
  #isIdle = false;

  /**
   * `settledMs`: so long nothing may have changed; undefined: addresses are spread only when a person asks for it. `window`:
   * only then they are spread where no person asks for it; undefined: at any time.
   */
  constructor(settledMs: number | undefined, window: DailyWindow | undefined) {
    this.#settledMs = settledMs;
    this.#window = window;
  }

  /** A person asks for it, for so many milliseconds from now on; 0: no longer. */
  ask(forMs: number, nowMs: number): void {
    this.#askedUntilMs = nowMs + forMs;
    this.#isIdle = false;
  }

  /** The cluster says other things of the nodes than before. */
  disturb(nowMs: number): void {
    this.#changedMs = nowMs;
    this.#isIdle = false;
  }

  /** Addresses were decided on: a move may be a gain again. */
  wake(): void {
    this.#isIdle = false;
  }

  /** The addresses, by text, that this speaker takes over now. To be called about once a second. */
  due(view: SpreadView, moment: SpreadMoment): readonly string[] {
    const { self, nowMs, wallMs, viewVersion } = moment;
    if (viewVersion !== this.#viewVersion || nowMs - this.#seenMs >= AWAY_MS) this.disturb(nowMs);
    this.#viewVersion = viewVersion;
    this.#seenMs = nowMs;
    if (this.#isIdle) return [];
    const isAsked = nowMs < this.#askedUntilMs;
    // Looked at before each round: what is not done at the end of the window waits for the next one.
    if (!isAsked && this.#window !== undefined && !isWithin(this.#window, wallMs)) return [];
    const settledMs = isAsked ? ASKED_SETTLED_MS : this.#settledMs;
    if (settledMs === undefined || nowMs - this.#changedMs < settledMs || nowMs - this.#roundMs < ROUND_MS) return [];
    if (moment.isUnsettled || moment.isCutOff || !areAllStanding(view)) return [];
    this.#roundMs = nowMs;
    const moves = spreadMoves(view, LIMITS);
    this.#isIdle = moves.length === 0;
    return moves.filter(({ to }) => to === self).map(({ key }) => key);
  }
}

/** A majority is here, and each of its members stands for election and stays. */
function areAllStanding({ members, knownMembers }: SpreadView): boolean {
  return members.length * 2 > knownMembers && members.every(({ ready, leaving }) => ready && !leaving);
}
