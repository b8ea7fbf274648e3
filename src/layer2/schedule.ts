import { compareIps, type Ip } from "#src/ip/address.ts";
import { type Budget, refill, type Spending, spend, timeOfNext } from "./budget.ts";

/**
 * When an address is announced after its take-over, in milliseconds from it. The first rounds overcome lost frames;
 * those more than a second apart also reach Linux clients whose entry was locked (its locktime is 1 s).
 */
const ROUNDS_MS: readonly number[] = [0, 100, 500, 1_100, 2_500, 5_000];

/**
 * The steady refresh. A switch forgets a silent port after some 300 s, often sooner than a router forgets the
 * neighbour behind it; an address that only receives would then be flooded or lost.
 */
const REFRESH_MIN_MS = 60_000;
const REFRESH_MAX_MS = 120_000;

/** The announcements of one address, past and to come; only the functions of this file make one. */
export interface Schedule {
  readonly ip: Ip;
  readonly startedMs: number;
  /** Rounds sent so far. */
  readonly sent: number;
  /** When the next round is due. */
  readonly dueMs: number;
  /** From the end of the first rounds on, one round each so many milliseconds: 60,000 to 120,000. */
  readonly refreshMs: number;
}

/** What `dueAnnouncements` finds. */
export interface DueAnnouncements {
  /** To be announced now, most urgent first; already advanced, so keep them in place of those given. */
  readonly due: readonly Schedule[];
  /** What is left of the budget, for the next call. */
  readonly budget: Budget;
  /** When to call again at the latest: Infinity if there are no schedules. */
  readonly nextMs: number;
}

/**
 * Starts announcing an address: the first round is due at once. The chance, 0 to 1, fixes its refresh interval, so
 * that the addresses of a node, taken over together, do not refresh together.
 */
export function startSchedule(ip: Ip, nowMs: number, chance: number): Schedule {
  const refreshMs = Math.round(REFRESH_MIN_MS + chance * (REFRESH_MAX_MS - REFRESH_MIN_MS));
  return { ip, startedMs: nowMs, sent: 0, dueMs: nowMs, refreshMs };
}

/**
 * The addresses whose next round is to be sent now, within the budget: first rounds before repeats, repeats of young
 * take-overs before refreshes, then by time and address, and so many at most. What is too much, or what the budget does
 * not allow, stays due; a round that is late until the one after it is merged with that.
 */
export function dueAnnouncements(
  schedules: Iterable<Schedule>,
  nowMs: number,
  budget: Budget,
  most = Infinity,
): DueAnnouncements {
  const ready: Schedule[] = [];
  let nextMs = Infinity;
  for (const schedule of schedules) {
    if (schedule.dueMs <= nowMs) ready.push(schedule);
    else nextMs = Math.min(nextMs, schedule.dueMs);
  }
  let left = refill(budget, nowMs);
  const due: Schedule[] = [];
  for (const schedule of ready.sort(compareUrgency)) {
    if (due.length >= most) break;
    const spending = spendingOf(schedule);
    const after = spend(left, spending);
    if (after === undefined) {
      nextMs = Math.min(nextMs, timeOfNext(left, spending));
      continue;
    }
    left = after;
    const advanced = advance(schedule, nowMs);
    nextMs = Math.min(nextMs, advanced.dueMs);
    due.push(advanced);
  }
  // Where it is as many as it may be it is not known whether there are more.
  return { due, budget: left, nextMs: due.length < most ? nextMs : nowMs };
}

/** What the next round of an address is taken from. */
export function spendingOf({ sent }: Schedule): Spending {
  return sent === 0 ? "first" : "repeat";
}

/** The order in which rounds that are due are sent: below zero where `left` comes first. */
export function compareUrgency(left: Schedule, right: Schedule): number {
  return urgencyOf(left) - urgencyOf(right) || left.dueMs - right.dueMs || compareIps(left.ip, right.ip);
}

/** First rounds, then the other planned rounds, then refreshes. */
function urgencyOf({ sent, startedMs, dueMs }: Schedule): number {
  if (sent === 0) return 0;
  return ROUNDS_MS.includes(dueMs - startedMs) ? 1 : 2;
}

/** The schedule after a round sent now. */
function advance(schedule: Schedule, nowMs: number): Schedule {
  const sent = schedule.sent + 1;
  const nextRoundMs = ROUNDS_MS.find((offsetMs) => schedule.startedMs + offsetMs > nowMs);
  const dueMs = nextRoundMs === undefined ? nowMs + schedule.refreshMs : schedule.startedMs + nextRoundMs;
  return { ...schedule, sent, dueMs };
}
