import type { ObjectRef } from "#src/model/object.ts";
import type { Logger } from "#src/process/log.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import { createWorkLoop } from "#src/process/work-loop.ts";
import type { Leadership } from "#src/source/leadership.ts";
import { programKinds } from "#src/source/program-kinds.ts";
import type { SourceListener } from "#src/source/source.ts";
import { Round, type RoundContext } from "./round.ts";

/**
 * The rest after a round: a change in a quiet time is worked on at once, the changes of a storm are gathered. As long as
 * the round itself where that took longer, so that a storm in a large cluster leaves half of the time to others.
 */
const REST_MS = { min: 20, max: 500 } as const;
/** Reports are gathered for so long: in a busy cluster one comes every few milliseconds, and each means to check all announcements. */
const COALESCE_REPORTS_MS = 500;
/** A replica that does not lead so long after it is synced is a standby, and ready. A single replica leads earlier, and is ready when it has applied its plan. */
const STANDBY_AFTER_MS = 3_000;
/** How long the end waits for the last write of the history: well within the grace period of a pod. */
const FLUSH_MS = 5_000;
/** The election that the replicas of the controller take part in. */
const ELECTION = "hawser-controller";

/** What the controller is given: its surroundings, time and chance. */
export interface ControllerContext extends Omit<RoundContext, "mayWrite"> {
  /** Waits; ends early when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /**
   * Called after each plan that was applied as far as possible, and after each round of a standby. The program is ready
   * from the first call on.
   */
  readonly onApplied: (role: "leads" | "on standby") => void;
  /** Gets the source's Problems, as a SourceListener does. */
  readonly onProblems?: SourceListener["onProblems"];
}

/** The controller at work. */
export interface Controller {
  /** Resolves when all that is to do now is done; what failed waits for its next attempt. */
  idle(): Promise<void>;
  /** Ends the work: no further write begins; resolves when those under way have ended. */
  close(): Promise<void>;
}

/**
 * Keeps every Service's status as the plan says: each change marks work, and the work is to read what changed, decide, and
 * write what differs. One of several replicas does so, and the others stand by. Resolves when the source
 * is synced; rejects if it cannot be opened.
 */
export async function startController(context: ControllerContext): Promise<Controller> {
  const { source, log, delay, metrics, monotonicMs } = context;
  const closing = new AbortController();
  const pause = async (ms: number, signal?: AbortSignal) => {
    const signals = signal === undefined ? [closing.signal] : [signal, closing.signal];
    await delay(ms, AbortSignal.any(signals)).catch(() => {});
  };
  let isSynced = false;
  let isTold = false;
  let standsByFromMs = 0;
  const mayWrite = () => isTold && leadership.leads && !closing.signal.aborted;
  const round = new Round({ ...context, mayWrite });
  let restedMs = 0;
  const work = async () => {
    const startMs = monotonicMs();
    if (startMs < restedMs) await pause(restedMs - startMs);
    await runRound();
    restedMs = monotonicMs() + Math.min(Math.max(round.thoughtMs, REST_MS.min), REST_MS.max);
  };
  const runRound = async () => {
    // Not synced yet: the lists are not complete.
    if (!isSynced) return;
    if (!mayWrite()) {
      round.watch();
      const undecidedMs = standsByFromMs - context.monotonicMs();
      void alarm.set(undecidedMs > 0 ? undecidedMs : undefined);
      if (undecidedMs <= 0) context.onApplied("on standby");
      return;
    }
    const isDone = await round.run();
    context.onApplied("leads");
    if (isDone) void alarm.set(round.nextInMs());
    else loop.mark();
  };
  const loop = createWorkLoop({ log, delay, chance: context.random, run: work });
  const alarm = createAlarm(pause, () => loop.mark());
  const reports = createAlarm(pause, () => loop.mark());
  const onReports = () => {
    if (mayWrite() && !reports.isSet) void reports.set(COALESCE_REPORTS_MS);
  };
  // Before the source is opened: lists that begin after the Lease is won need not be repeated.
  const leadership: Leadership = source.lead(ELECTION, (leads) => {
    isTold = leads;
    metrics.leads.set(leads ? 1 : 0);
    if (leads) round.takeOver();
    else metrics.hide();
    log.info({ election: ELECTION }, leads ? "leads" : "lost the lead, standing by");
    loop.mark();
  });
  await source.open(programKinds.controller.opens, {
    ...problemListener(log, context.onProblems),
    onChange: (changed: readonly ObjectRef[]) => {
      round.markChanged(changed);
      // Nothing is decided before all is known.
      if (isSynced) loop.mark();
    },
    onReports,
  });
  isSynced = true;
  standsByFromMs = context.monotonicMs() + STANDBY_AFTER_MS;
  loop.mark();
  return {
    idle: () => loop.idle(),
    close: async () => {
      closing.abort();
      await loop.close();
      if (isTold && leadership.leads) await flushed(round, delay);
    },
  };
}

/** Waits until all is written that may be written later, and no longer than the time for that. */
async function flushed(round: Round, delay: ControllerContext["delay"]): Promise<void> {
  const ended = new AbortController();
  await Promise.race([round.flush(), delay(FLUSH_MS, ended.signal).catch(() => {})]);
  ended.abort();
}

/** One alarm at a time: a later `set` replaces the one before. */
function createAlarm(pause: (ms: number, signal: AbortSignal) => Promise<void>, ring: () => void) {
  let nap: AbortController | undefined;
  return {
    get isSet() {
      return nap !== undefined;
    },
    /** Rings after so many milliseconds; undefined: never. */
    set: async (inMs: number | undefined) => {
      nap?.abort();
      nap = undefined;
      if (inMs === undefined) return;
      const mine = new AbortController();
      nap = mine;
      await pause(inMs, mine.signal);
      if (mine.signal.aborted) return;
      nap = undefined;
      ring();
    },
  };
}

function problemListener(
  log: Logger,
  tell: SourceListener["onProblems"] = () => {},
): Pick<SourceListener, "onProblems"> {
  const logged = new ProblemLog(log);
  return {
    onProblems: (where, problems) => {
      tell(where, problems);
      logged.report(where, problems);
      if (problems.length === 0) log.info({ where }, "source is well again");
    },
  };
}
