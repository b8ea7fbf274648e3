import type { Ip } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import { calmAtMs } from "./contest.ts";
import { DueQueue } from "./due-queue.ts";
import { dueMsOf, NEW_RECORD, type ServiceRecord } from "./service-record.ts";

/**
 * The one memory of the Services, by key. What has to be found without a look at all of them is kept in step with each
 * change of a record: nothing else writes it.
 */
export class ServiceRecords {
  readonly #records = new Map<string, ServiceRecord>();
  readonly #services = new Map<string, Service>();
  readonly #unreadable = new Map<string, readonly Ip[]>();
  /** Keys of those that no speaker answers for. */
  readonly #missing = new Set<string>();
  readonly #due = new DueQueue();
  /** When contests are forgotten. */
  readonly #calm = new DueQueue();

  /** The Services that could be read. */
  get services(): ReadonlyMap<string, Service> {
    return this.#services;
  }

  /** The addresses of those that could not be read. */
  get unreadable(): ReadonlyMap<string, readonly Ip[]> {
    return this.#unreadable;
  }

  get(key: string): ServiceRecord | undefined {
    return this.#records.get(key);
  }

  /** Notes a Service that was read, with what is known of it from before. */
  read(key: string, changes: Partial<ServiceRecord>): void {
    this.#put(key, { ...(this.#records.get(key) ?? NEW_RECORD), ...changes });
  }

  /** Changes what is remembered of a Service; nothing where it is forgotten by now. */
  change(key: string, changes: Partial<ServiceRecord>): void {
    const record = this.#records.get(key);
    const isOther = (name: string): boolean =>
      record?.[name as keyof ServiceRecord] !== changes[name as keyof ServiceRecord];
    if (record !== undefined && Object.keys(changes).some(isOther)) this.#put(key, { ...record, ...changes });
  }

  /** The Service is gone. */
  forget(key: string): void {
    this.#records.delete(key);
    for (const index of [this.#services, this.#unreadable, this.#missing]) index.delete(key);
    this.#due.set(key, undefined);
    this.#calm.set(key, undefined);
  }

  /** A new term as leader: writes that were under way in an earlier one are shown, or never happened. Returns whose. */
  beginTerm(): readonly string[] {
    const unseen: string[] = [];
    for (const [key, record] of this.#records) {
      if (record.unseen !== undefined) unseen.push(key);
      const isClean = (record.unseen ?? record.retry ?? record.saidUnreadable) === undefined;
      if (!isClean) this.change(key, { unseen: undefined, retry: undefined, saidUnreadable: undefined });
    }
    return unseen;
  }

  /** Those that have to be looked at although they did not change: each is named once. Contests long past are forgotten. */
  due(nowMs: number): readonly string[] {
    for (const key of this.#calm.take(nowMs)) this.change(key, { contest: undefined });
    const keys = this.#due.take(nowMs);
    for (const key of keys) this.change(key, { wokenMs: nowMs });
    return keys;
  }

  /** Milliseconds until the next one is due, at least 0; undefined if none is. */
  nextInMs(nowMs: number): number | undefined {
    return this.#due.nextInMs(nowMs);
  }

  /** Those that no speaker answers for, for longer than the grace: what is said of them may depend on all speakers. */
  lacking(nowMs: number): readonly string[] {
    return [...this.#missing].filter((key) => (this.#records.get(key)?.missingUntilMs ?? Infinity) <= nowMs);
  }

  #put(key: string, record: ServiceRecord): void {
    const before = this.#records.get(key);
    this.#records.set(key, record);
    const { service, addresses, missingUntilMs, contest } = record;
    if (before?.service !== service || before?.addresses !== addresses) {
      if (service === undefined) this.#services.delete(key);
      else this.#services.set(key, service);
      if (service === undefined) this.#unreadable.set(key, addresses);
      else this.#unreadable.delete(key);
    }
    if (before?.missingUntilMs !== missingUntilMs) {
      if (missingUntilMs === undefined) this.#missing.delete(key);
      else this.#missing.add(key);
    }
    this.#due.set(key, dueMsOf(record));
    if (before?.contest !== contest) this.#calm.set(key, contest && calmAtMs(contest));
  }
}
