import { type Ip, printIp } from "#src/ip/address.ts";
import { type Budget, fullBudget, refill, spend, timeOfNext } from "#src/layer2/budget.ts";
import {
  advanceConflict,
  type Conflict,
  type ConflictAction,
  type ConflictStep,
  type ForeignMachine,
  hearForeign,
  isEcho,
  isLasting,
  outlastsHandover,
  setPolicy,
  settleConflict,
  startConflict,
} from "#src/layer2/conflict.ts";
import { DueHeap } from "#src/layer2/due-heap.ts";
import { DEFAULT_CONFLICT_POLICY } from "#src/model/conflict-policy.ts";
import type { Problem } from "#src/model/problem.ts";
import type { AnnouncedAddress, AnnouncerView } from "./announcer.ts";
import { conflictProblems, type ReportedConflict } from "./conflict-problems.ts";

/** Something to do about an address. */
export interface DueAction {
  readonly key: string;
  readonly ip: Ip;
  readonly action: ConflictAction;
}

/** Which of the others is a member, and what it says. */
export type MembersView = Pick<AnnouncerView, "nodeOf" | "memberOf">;

/**
 * Who else has the addresses that this speaker claims, by the wire: asks, listens, and says what is to be done by the
 * policies of their pools. It holds one entry for each claimed address, whatever is heard.
 */
export class AddressConflicts {
  readonly #byAddress = new Map<string, Conflict>();
  /** The entries by time, and some that were replaced. */
  readonly #byTime = new DueHeap<Conflict>();
  readonly #silent = new Set<string>();
  /** Claimed as new since `takeNew` was called last. */
  readonly #new = new Set<string>();
  readonly #chance: () => number;
  #budget: Budget | undefined;

  constructor(chance: () => number) {
    this.#chance = chance;
  }

  /** Claimed addresses that are not answered for: it is not known yet that they are free, or another machine has them. */
  get silent(): ReadonlySet<string> {
    return this.#silent;
  }

  /** The speaker claims the address, with what is said of it now. */
  claim(key: string, address: AnnouncedAddress, nowMs: number): void {
    const { ip, conflict: policy = DEFAULT_CONFLICT_POLICY } = address;
    const known = this.#byAddress.get(key);
    const start = { ip, policy, isNew: address.isNew === true, chance: this.#chance() };
    this.#put(known === undefined ? startConflict(start, nowMs) : setPolicy(known, policy, nowMs));
    if (known === undefined && start.isNew) this.#new.add(key);
  }

  /** The speaker no longer claims the address. */
  release(key: string): void {
    this.#byAddress.delete(key);
    this.#silent.delete(key);
    this.#new.delete(key);
  }

  /** Another machine says that it has an address. */
  hear(key: string, mac: string, nowMs: number): void {
    const known = this.#byAddress.get(key);
    if (known !== undefined) this.#put(hearForeign(known, mac, nowMs));
  }

  /** The other machine has withdrawn the address, or heartbeats say whose it is. */
  settle(key: string): void {
    const known = this.#byAddress.get(key);
    if (known !== undefined && known.phase === "announcing") this.#put(settleConflict(known));
  }

  /**
   * The first that is due about addresses which were claimed as new since the last call, within the budget of questions: their
   * first probes, as a rule. However many addresses were taken over, it costs nothing for them.
   */
  takeNew(view: Pick<MembersView, "nodeOf">, nowMs: number): readonly DueAction[] {
    if (this.#new.size === 0) return [];
    const found = [...this.#new].flatMap((key) => this.#byAddress.get(key) ?? []);
    this.#new.clear();
    return this.#advance(
      found.filter(({ dueMs }) => dueMs <= nowMs),
      view,
      nowMs,
    );
  }

  /** What is due about so many addresses at most, within the budget of questions; the others follow at the next calls. */
  takeDue(view: Pick<MembersView, "nodeOf">, nowMs: number, most: number): readonly DueAction[] {
    return this.#byTime.nextMs > nowMs ? [] : this.#advance(this.#byTime.takeDue(nowMs, most), view, nowMs);
  }

  #advance(ready: readonly Conflict[], { nodeOf }: Pick<MembersView, "nodeOf">, nowMs: number): readonly DueAction[] {
    let left = refill(this.#budget ?? fullBudget(nowMs), nowMs);
    const due: DueAction[] = [];
    for (const conflict of ready) {
      const key = printIp(conflict.ip);
      if (this.#byAddress.get(key) !== conflict) continue;
      const isMember = conflict.foreign !== undefined && nodeOf(conflict.foreign.mac) !== undefined;
      const step = advanceConflict(conflict, isMember, nowMs);
      const after = step.actions.includes("probe") ? spend(left, "question") : left;
      this.#put(after === undefined ? { ...conflict, dueMs: timeOfNext(left, "question") } : step.conflict);
      if (after === undefined) continue;
      left = after;
      due.push(...actionsOf(key, step));
    }
    this.#budget = left;
    return due;
  }

  /** The Problems of all that lasts; few, however many machines are heard. */
  problems(self: string, view: MembersView, nowMs: number): readonly Problem[] {
    const found = [...this.#byAddress].flatMap(([key, conflict]) => this.#reportable(key, conflict, view, nowMs) ?? []);
    return conflictProblems(self, found, view);
  }

  /**
   * A conflict that lasts: with another machine; with a member that claims the address, or may, because it is not heard; or with a
   * member whose heartbeats say that it does not, and that goes on all the same.
   */
  #reportable(key: string, conflict: Conflict, view: MembersView, nowMs: number): ReportedConflict | undefined {
    const { foreign, phase } = conflict;
    if (foreign === undefined) return undefined;
    if (phase !== "announcing") return phase === "yielded" ? reported(conflict.ip, foreign, "yielded") : undefined;
    const node = view.nodeOf(foreign.mac);
    if (node === undefined) return isLasting(conflict, nowMs) ? reported(conflict.ip, foreign, "announced") : undefined;
    const heard = view.memberOf(node);
    if (heard === undefined || heard.claims.has(key))
      return outlastsHandover(conflict, nowMs) ? reported(conflict.ip, foreign, "announced") : undefined;
    const lasts = isLasting(conflict, nowMs) && !isEcho(conflict, heard.liveSinceMs);
    return lasts ? reported(conflict.ip, foreign, "answered") : undefined;
  }

  #put(conflict: Conflict): void {
    const key = printIp(conflict.ip);
    if (conflict.phase === "announcing") this.#silent.delete(key);
    else this.#silent.add(key);
    this.#byAddress.set(key, conflict);
    this.#byTime.add(conflict);
    // Each change leaves one behind.
    if (this.#byTime.size > 2 * this.#byAddress.size + 64) this.#byTime.reset(this.#byAddress.values());
  }
}

function reported(ip: Ip, { mac, firstMs }: ForeignMachine, how: ReportedConflict["how"]): ReportedConflict {
  return { ip, mac, how, sinceMs: firstMs };
}

function actionsOf(key: string, { conflict: { ip }, actions }: ConflictStep): readonly DueAction[] {
  return actions.map((action) => ({ key, ip, action }));
}
