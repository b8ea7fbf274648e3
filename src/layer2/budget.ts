/** What is being sent: the first round after a take-over, which ends an outage, any later one, a question, or a reply to an echo request. */
export type Spending = "first" | "repeat" | "question" | "echo";

/**
 * How many rounds of announcements may be sent at once and per second, over all addresses of a node; a round is two
 * frames for IPv4 and one for IPv6.
 *
 * First rounds: 2,000 addresses are taken over within 50 ms, in portions that a send queue of a usual length holds.
 * Repeats: 2,000 small frames a second are about a thousandth of what a gigabit link carries, so that storm control in
 * a switch has no reason to act.
 *
 * Questions, one frame each: as few frames as for repeats.
 *
 * Replies to echo requests, of each interface: hundreds of people and monitors that ask once a second. Each takes
 * some 20 µs: 2 % of a core.
 */
const LIMITS = {
  first: { atOnce: 1_000, perSecond: 20_000 },
  repeat: { atOnce: 200, perSecond: 1_000 },
  question: { atOnce: 200, perSecond: 1_000 },
  echo: { atOnce: 200, perSecond: 1_000 },
} as const satisfies Record<Spending, { readonly atOnce: number; readonly perSecond: number }>;

/** A token bucket for each: how many rounds of each kind may be sent at `atMs`. */
export interface Budget {
  readonly first: number;
  readonly repeat: number;
  readonly question: number;
  readonly echo: number;
  readonly atMs: number;
}

/** A budget of which nothing is spent. */
export function fullBudget(nowMs: number): Budget {
  const { first, repeat, question, echo } = LIMITS;
  return { first: first.atOnce, repeat: repeat.atOnce, question: question.atOnce, echo: echo.atOnce, atMs: nowMs };
}

/** The budget at a later time; unchanged if the time given is not later. */
export function refill(budget: Budget, nowMs: number): Budget {
  const elapsedMs = Math.max(0, nowMs - budget.atMs);
  const grown = (spending: Spending): number => {
    const { atOnce, perSecond } = LIMITS[spending];
    return Math.min(atOnce, budget[spending] + (elapsedMs * perSecond) / 1_000);
  };
  const atMs = budget.atMs + elapsedMs;
  return { first: grown("first"), repeat: grown("repeat"), question: grown("question"), echo: grown("echo"), atMs };
}

/** The budget after one round; undefined if it does not allow it. */
export function spend(budget: Budget, spending: Spending): Budget | undefined {
  return budget[spending] < 1 ? undefined : { ...budget, [spending]: budget[spending] - 1 };
}

/** When a budget allows the next round, if nothing else is spent; in whole milliseconds, rounded up. */
export function timeOfNext(budget: Budget, spending: Spending): number {
  const missing = Math.max(0, 1 - budget[spending]);
  return budget.atMs + Math.ceil((missing * 1_000) / LIMITS[spending].perSecond);
}
