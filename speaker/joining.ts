/**
 * How long a starting speaker waits to hear all others before it stands for election all the same. Time in which it did
 * not run itself, as at the start of a busy machine, does not count: heartbeats may lie unread.
 */
const JOIN_MS = 1_000;
/**
 * Heartbeats that say "ready" before a starting speaker takes its first address: speakers that start together then know of
 * each other, and no two take the same one.
 */
const INTRODUCTION_HEARTBEATS = 3;

/** One more heartbeat for so many members, which hear that this speaker is ready one after the other (`Pacing`). */
const MEMBERS_PER_HEARTBEAT = 64;

/** The steps of a starting speaker: it listens to the others, says that it is ready, and stands for election. */
export class Joining {
  readonly #heartbeatEveryMs: number;
  #waitedMs = 0;
  #tickedMs: number | undefined;
  #readySinceMs: number | undefined;
  #stands = false;

  constructor(heartbeatEveryMs: number) {
    this.#heartbeatEveryMs = heartbeatEveryMs;
  }

  /** Its heartbeats say that it may be elected. */
  get isReady(): boolean {
    return this.#readySinceMs !== undefined;
  }

  /** It takes addresses. */
  get stands(): boolean {
    return this.#stands;
  }

  /**
   * Takes the next step if it is time; true if it took one. `hearsAll`: nothing is left to wait for; `members`: how many
   * others there are.
   */
  tick(nowMs: number, { hearsAll, members }: { readonly hearsAll: boolean; readonly members: number }): boolean {
    if (this.#stands) return false;
    if (this.#readySinceMs === undefined) {
      this.#waitedMs += Math.min(nowMs - (this.#tickedMs ?? nowMs), this.#heartbeatEveryMs * 2);
      this.#tickedMs = nowMs;
      if (!hearsAll && this.#waitedMs < JOIN_MS) return false;
      this.#readySinceMs = nowMs;
      return true;
    }
    const heartbeats = INTRODUCTION_HEARTBEATS + Math.floor(members / MEMBERS_PER_HEARTBEAT);
    if (nowMs - this.#readySinceMs < heartbeats * this.#heartbeatEveryMs) return false;
    this.#stands = true;
    return true;
  }
}
