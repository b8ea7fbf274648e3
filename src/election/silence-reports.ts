import { addToSet, removeFromSet } from "#src/collections/add-to-set.ts";
import { isSameList } from "./same-list.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * What members say of others that fell silent to them, by session: a speaker that has restarted is another one. It grows with
 * the members, times the few sessions that a heartbeat has room for.
 */
export class SilenceReports {
  /** The sessions that each member names now. */
  readonly #named = new Map<string, readonly bigint[]>();
  readonly #reporters = new Map<bigint, Set<string>>();

  /** Takes in the sessions that a member names; one that it named before, too, is not reported again. */
  take(reporter: string, sessions: readonly bigint[]): void {
    const before = this.#named.get(reporter) ?? [];
    if (isSameList(sessions, before)) return;
    this.#named.set(reporter, sessions);
    const [named, wasNamed] = [new Set(sessions), new Set(before)];
    for (const session of wasNamed.difference(named)) removeFromSet(this.#reporters, session, reporter);
    for (const session of named.difference(wasNamed)) addToSet(this.#reporters, session, reporter);
  }

  /** The reporter is gone, or has restarted. */
  forget(reporter: string): void {
    this.take(reporter, []);
    this.#named.delete(reporter);
  }

  /** The session was heard: it lives, whatever was reported before. */
  refute(session: bigint): void {
    this.#reporters.delete(session);
  }

  /** The members that report a session, which was not heard since. */
  of(session: bigint): ReadonlySet<string> {
    return this.#reporters.get(session) ?? NONE;
  }
}
