/**
 * A member is asked about after so many promised intervals of silence. On cores that programs without end fill, 19 of 1,000
 * heartbeats come after two, and none after five.
 */
const SUSPECT_INTERVALS = 3;
/** So many promised intervals of silence, of process and kernel alike, are death. */
const GONE_INTERVALS = 4;
/** A kernel answers within a millisecond; after so many it will not. */
const ANSWER_MS = 8;
/** A process that is silent while its kernel answers stalls or hangs: it has so many times `--dead-after`, so that another has its addresses within 300 ms. */
const HUNG_FACTOR = 2.5;
/** A kernel is asked so often while nothing is wrong, so that its silence says something. */
const CHECK_EVERY_MS = 60_000;
/** One that has not answered yet is asked again after so long: the filters of a switch may keep questions from it. */
const RETRY_MS = 5_000;
/** An answer is a proof for so long that the next question would be answered. */
const PROVEN_MS = 3 * CHECK_EVERY_MS;

/** The silence of a member, in milliseconds in which this speaker was awake. */
export interface Silence {
  readonly silentMs: number;
  /** What it promised; 0 where that is not known. */
  readonly everyMs: number;
  /** For how long it did not run lately, as it said. */
  readonly stallMs: number;
}

/** What is known of a member beside its silence. Only the functions of this file change it. */
export interface SignsOfDeath {
  /** The silence at which its kernel was asked last; undefined: not in this silence. */
  askedAtMs: number | undefined;
  /** The last question of this silence was answered. */
  hasAnswered: boolean;
  /** Its kernel said, while it was suspect in this silence, that no process has its port. */
  isRefused: boolean;
  /** When its kernel answered last, in monotonic milliseconds; undefined: never. */
  answeredMs: number | undefined;
  /** When it is asked the next time while nothing is wrong. */
  checkDueMs: number;
  /** For how long the whole machine did not run lately: its kernel was silent, and its speaker said afterwards that it had not run. */
  pauseMs: number;
}

export function newSignsOfDeath(): SignsOfDeath {
  return {
    askedAtMs: undefined,
    hasAnswered: false,
    isRefused: false,
    answeredMs: undefined,
    checkDueMs: 0,
    pauseMs: 0,
  };
}

/** The member was heard after a silence, and says now for how long it did not run lately, in milliseconds. */
export function endSilence(signs: SignsOfDeath, { silentMs, stallMs: before }: Silence, stallMs: number): void {
  const wasKernelSilent = signs.askedAtMs !== undefined && !signs.hasAnswered;
  // One that was cut off for as long says nothing of the kind.
  const isNew = stallMs > before && stallMs * 2 >= silentMs;
  if (wasKernelSilent && isNew) signs.pauseMs = Math.max(signs.pauseMs, stallMs);
  signs.pauseMs = Math.min(signs.pauseMs, stallMs);
  signs.askedAtMs = undefined;
  signs.hasAnswered = false;
  signs.isRefused = false;
}

/** The member's kernel answered a question: its machine lives. */
export function noteAnswer(signs: SignsOfDeath, nowMs: number): void {
  signs.answeredMs = nowMs;
  signs.hasAnswered = true;
}

/** The member's kernel refused a datagram for its port; it says nothing of a member that was heard since. */
export function noteRefusal(signs: SignsOfDeath, silence: Pick<Silence, "silentMs" | "everyMs">): void {
  if (silence.silentMs >= suspectAfterMs(silence)) signs.isRefused = true;
}

/** No question can be sent to it: its kernel's silence says nothing. */
export function noteUnasked(signs: SignsOfDeath): void {
  signs.askedAtMs = undefined;
  signs.answeredMs = undefined;
}

/** Silence from which on a member is asked about, in milliseconds. */
export function suspectAfterMs({ everyMs }: Pick<Silence, "everyMs">): number {
  return everyMs * SUSPECT_INTERVALS;
}

/**
 * What the kernel of a silent member is asked: for the node's address and the speaker's port, or for the port again, which closes
 * only when the kernel has taken the memory of a killed process back. `check`: for the address, to see that it answers.
 */
export type KernelQuestion = "death" | "port" | "check";

/** The question that is to be sent to a member that is watched, now. It counts as sent. */
export function takeQuestion(signs: SignsOfDeath, silence: Silence, nowMs: number): KernelQuestion | undefined {
  const { silentMs, everyMs } = silence;
  if (everyMs === 0) return undefined;
  const againMs = suspectAfterMs(silence);
  if (silentMs >= againMs) {
    if (signs.askedAtMs !== undefined && silentMs - signs.askedAtMs < againMs) return "port";
    signs.askedAtMs = silentMs;
    signs.hasAnswered = false;
    return "death";
  }
  if (nowMs < signs.checkDueMs) return undefined;
  signs.checkDueMs = nowMs + (isProven(signs, nowMs) ? CHECK_EVERY_MS : RETRY_MS);
  return "check";
}

/**
 * Whether a member that is watched is dead. Two signs are enough soon: its silence, and that its kernel, which answered lately
 * and needs no process for it, leaves a question without an answer; or that its kernel refuses what is sent to its port.
 * Silence alone has to last for `deadAfterMs`, and two and a half times as long while the kernel answers. One that stalled lately is
 * waited for as much longer; where the kernel is silent, only if it was so when the member stalled.
 */
export function isDead(
  signs: SignsOfDeath,
  silence: Silence,
  { deadAfterMs, nowMs }: { readonly deadAfterMs: number; readonly nowMs: number },
): boolean {
  const { silentMs, everyMs, stallMs } = silence;
  const suspectMs = suspectAfterMs(silence);
  if (signs.isRefused) return true;
  if (signs.hasAnswered) return silentMs >= HUNG_FACTOR * deadAfterMs + stallMs;
  const goneMs = Math.min(deadAfterMs, everyMs * GONE_INTERVALS);
  const aloneMs = Math.max(deadAfterMs, suspectMs);
  if (signs.askedAtMs === undefined || !isProven(signs, nowMs)) return silentMs >= aloneMs + stallMs;
  return silentMs >= Math.max(goneMs, suspectMs) + signs.pauseMs && silentMs - signs.askedAtMs >= ANSWER_MS;
}

function isProven({ answeredMs }: SignsOfDeath, nowMs: number): boolean {
  return answeredMs !== undefined && nowMs - answeredMs < PROVEN_MS;
}
