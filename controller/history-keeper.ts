import {
  type AddressHistory,
  type AnnouncementChange,
  announcementsOf,
  HISTORY_REPORT,
  type HoldingChange,
  isoOf,
  keyOfPair,
  mergeHistories,
  NO_HISTORY,
  readHistory,
  withoutFuture,
} from "#src/model/address-history.ts";
import { MAX_HOLDINGS } from "#src/model/cut-holdings.ts";
import type { SpeakerReport } from "#src/model/speaker-report.ts";
import type { Source } from "#src/source/source.ts";

/** A change waits so long for those that belong to it: an address is assigned, then announced. */
const GATHER_MS = 2_000;
/** Writes are at least so far apart. */
const WRITE_EVERY_MS = 5_000;

/** An address that a Service has in its status. */
export interface Holding extends Pick<HoldingChange, "address" | "service"> {
  /** Since when, in ISO 8601; empty where that is not known. */
  readonly since: string;
}

/** When a write is, on a steady clock, and what gets the first of several failures. */
interface WriteOptions {
  readonly nowMs: number;
  readonly onError: (error: unknown) => void;
}

/** What a leader knows of who had which address, and when it writes that. */
export class HistoryKeeper {
  #history: AddressHistory = NO_HISTORY;
  /** By the key of each Service that has some, the addresses that it has. */
  readonly #held = new Map<string, readonly string[]>();
  #noted: HoldingChange[] = [];
  /** Rounds of speakers, by their text, that are in the history or noted. */
  #rounds: ReadonlyMap<string, AnnouncementChange> = new Map();
  readonly #readReports = new WeakSet<SpeakerReport>();
  /** When the term began: in ISO 8601, and in milliseconds on a steady clock. */
  #began: { readonly at: string; readonly nowMs: number } | undefined;
  /** The time of the latest change that was noted in this term. */
  #latestAt = "";
  /** Since when something is to be written, in milliseconds on a steady clock; undefined: nothing is. */
  #dirtyMs: number | undefined;
  #writtenMs = -Infinity;
  #writing: Promise<void> | undefined;
  #hasFailed = false;
  readonly #isKept: (address: string) => boolean;

  /** `isKept`: whether an address (canonical text) is kept for a Service, so that what says so is dropped last. */
  constructor(isKept: (address: string) => boolean = () => false) {
    this.#isKept = isKept;
  }

  /** Begins a term: continues what the leader before wrote, and notes what is not in there. `at`: now, in ISO 8601. */
  begin(source: Source, { holdings, at, nowMs }: { holdings: Iterable<Holding>; at: string; nowMs: number }): void {
    this.#began = { at, nowMs };
    this.#take(this.#withoutFuture(keptIn(source), nowMs));
    const now = new Map<string, Holding>();
    for (const one of holdings) now.set(keyOfPair(one), one);
    for (const service of this.#held.keys())
      for (const address of this.heldBy(service))
        if (!now.has(keyOfPair({ address, service }))) this.#note({ at, change: "released", address, service }, nowMs);
    for (const { address, service, since } of now.values()) {
      const sinceAt = isoOf(since) ?? at;
      this.#note({ at: sinceAt < at ? sinceAt : at, change: "assigned", address, service }, nowMs);
    }
  }

  /** Notes that a Service got or lost an address, unless that is known. It is not before what was noted earlier, also where the clock went back. */
  note(change: HoldingChange, nowMs: number): void {
    if (change.at > this.#latestAt) this.#latestAt = change.at;
    this.#note({ ...change, at: this.#latestAt }, nowMs);
  }

  #note(change: HoldingChange, nowMs: number): void {
    const isHeld = this.heldBy(change.service).includes(change.address);
    if (isHeld === (change.change === "assigned")) return;
    this.#hold(change);
    this.#noted.push(change);
    this.#dirtyMs ??= nowMs;
    if (this.#noted.length >= MAX_HOLDINGS) this.#fold();
  }

  /** The addresses that a Service has by the history. */
  heldBy(service: string): readonly string[] {
    return this.#held.get(service) ?? [];
  }

  /** Notes the rounds that speakers report, each version of a report once. */
  noteReports(reports: readonly SpeakerReport[], nowMs: number): void {
    const fresh = reports.filter((report) => !this.#readReports.has(report));
    if (fresh.length === 0) return;
    for (const report of fresh) this.#readReports.add(report);
    const announcements = fresh.flatMap(({ node, takeovers }) => announcementsOf(node, takeovers));
    const changes = this.#withoutFuture({ holdings: [], announcements }, nowMs);
    const news = changes.announcements.filter((one) => !this.#rounds.has(JSON.stringify(one)));
    if (news.length === 0) return;
    this.#history = this.#merged({ holdings: [], announcements: news }, this.#history);
    this.#rounds = roundsOf(this.#history);
    this.#dirtyMs ??= nowMs;
  }

  /** Milliseconds until a write is due, at least 0; undefined where nothing is to be written. */
  nextInMs(nowMs: number): number | undefined {
    if (this.#dirtyMs === undefined) return undefined;
    const pauseMs = this.#writing !== undefined ? WRITE_EVERY_MS : 0;
    return Math.max(pauseMs, this.#dirtyMs + GATHER_MS - nowMs, this.#writtenMs + WRITE_EVERY_MS - nowMs);
  }

  /** Writes, if it is time. Never rejects: what could not be written is tried again, and the first failure of several is said. */
  async write(source: Source, how: WriteOptions): Promise<void> {
    if (this.nextInMs(how.nowMs) === 0) await this.#write(source, how);
  }

  /** Writes what is not written yet, whether it is time or not. Never rejects. */
  async flush(source: Source, how: WriteOptions): Promise<void> {
    await this.#writing;
    if (this.#dirtyMs !== undefined) await this.#write(source, how);
  }

  async #write(source: Source, how: WriteOptions): Promise<void> {
    this.#dirtyMs = undefined;
    this.#fold();
    // A late write of an earlier leader may have replaced ours, and what it adds was not read yet.
    const shown = keptIn(source);
    this.#history = this.#merged(this.#history, this.#withoutFuture(shown, how.nowMs));
    if (JSON.stringify(shown) === JSON.stringify(this.#history)) return;
    this.#writtenMs = how.nowMs;
    this.#writing = this.#put(source, how);
    await this.#writing;
    this.#writing = undefined;
  }

  async #put(source: Source, { nowMs, onError }: WriteOptions): Promise<void> {
    const { holdings, announcements } = this.#history;
    try {
      await source.report(HISTORY_REPORT, { holdings, announcements }, { topic: "history" });
      this.#hasFailed = false;
    } catch (error) {
      this.#dirtyMs ??= nowMs;
      if (!this.#hasFailed) onError(error);
      this.#hasFailed = true;
    }
  }

  /** With the times of this term's begin for what is yet to come: the same change has the same time whenever it is read. */
  #withoutFuture(history: AddressHistory, nowMs: number): AddressHistory {
    if (this.#began === undefined) return history;
    const { at, nowMs: beganMs } = this.#began;
    return withoutFuture(history, { now: new Date(Date.parse(at) + nowMs - beganMs).toISOString(), as: at });
  }

  #merged(first: AddressHistory, second: AddressHistory): AddressHistory {
    return mergeHistories(first, second, this.#isKept);
  }

  #take(history: AddressHistory): void {
    this.#history = history;
    this.#noted = [];
    this.#rounds = roundsOf(history);
    this.#held.clear();
    for (const one of history.holdings.toReversed()) this.#hold(one);
  }

  #hold({ change, address, service }: HoldingChange): void {
    const others = this.heldBy(service).filter((one) => one !== address);
    const held = change === "assigned" ? [...others, address] : others;
    if (held.length > 0) this.#held.set(service, held);
    else this.#held.delete(service);
  }

  #fold(): void {
    // The latest first, also where times are equal.
    this.#history = this.#merged({ holdings: this.#noted.toReversed(), announcements: [] }, this.#history);
    this.#noted = [];
  }
}

/** The history as it is kept in the cluster, with nothing in it that is later than now (ISO 8601). */
export function shownIn(source: Source, now: string): AddressHistory {
  return withoutFuture(keptIn(source), { now, as: now });
}

/** Each version of the report is read once: a leader that begins asks for it at several places. */
const readReports = new WeakMap<object, AddressHistory>();

function keptIn(source: Source): AddressHistory {
  const report = source.reports("history").get(HISTORY_REPORT);
  if (report === undefined) return NO_HISTORY;
  const history = readReports.get(report) ?? readHistory(report);
  readReports.set(report, history);
  return history;
}

function roundsOf({ announcements }: AddressHistory): ReadonlyMap<string, AnnouncementChange> {
  return new Map(announcements.map((one) => [JSON.stringify(one), one]));
}
