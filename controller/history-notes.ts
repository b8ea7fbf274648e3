import { printIp } from "#src/ip/address.ts";
import { ownAddresses } from "#src/assignment/own-addresses.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import { keyOfPair } from "#src/model/address-history.ts";
import { type KeptAddress, keptAddresses } from "#src/model/kept-addresses.ts";
import type { KubeObject } from "#src/model/object.ts";
import { textOf } from "#src/model/record.ts";
import { addressConditionOf } from "#src/model/service-status.ts";
import type { SpeakerReport } from "#src/model/speaker-report.ts";
import type { Logger } from "#src/process/log.ts";
import type { Source } from "#src/source/source.ts";
import { type Holding, HistoryKeeper, shownIn } from "./history-keeper.ts";
import type { PlannedWrite } from "./plan-write.ts";
import type { ServiceRecords } from "./service-records.ts";

interface NotesContext {
  readonly source: Source;
  readonly log: Logger;
  readonly monotonicMs: () => number;
  readonly wallMs: () => number;
}

/** What the controller decided and reads, as it is now. */
interface Noted {
  readonly assignments: () => ReadonlyMap<string, Assignment>;
  readonly objectOf: (key: string) => KubeObject | undefined;
  readonly records: ServiceRecords;
  /** Whether an address (canonical text) is kept for a Service. */
  readonly isKept: (address: string) => boolean;
}

/** What a leader notes in the history of addresses, and what it finds there when it begins. */
export class HistoryNotes {
  readonly #context: NotesContext;
  readonly #noted: Noted;
  #keeper: HistoryKeeper | undefined;

  constructor(context: NotesContext, noted: Noted) {
    this.#context = context;
    this.#noted = noted;
  }

  beginTerm(): void {
    this.#keeper = undefined;
  }

  /** The addresses that no Service has, the longest free first: what rests, for a leader that begins. */
  kept(): readonly KeptAddress[] {
    const { services, unreadable } = this.#noted.records;
    const held = new Set<string>();
    for (const { key, assignedAddresses } of services.values())
      for (const ip of assignedAddresses) held.add(keyOfPair({ address: printIp(ip), service: key }));
    for (const [key, addresses] of unreadable)
      for (const ip of addresses) held.add(keyOfPair({ address: printIp(ip), service: key }));
    const at = this.#now();
    return keptAddresses(shownIn(this.#context.source, at), { held, at });
  }

  /** Notes what is not in the history yet, and writes it when it is time; no round waits for that. `reports`: undefined while they are the same. */
  keep(reports: readonly SpeakerReport[] | undefined, nowMs: number): void {
    const { source } = this.#context;
    if (this.#keeper === undefined) {
      this.#keeper = new HistoryKeeper(this.#noted.isKept);
      this.#keeper.begin(source, { holdings: this.#holdings(), at: this.#now(), nowMs });
    }
    if (reports !== undefined) this.#keeper.noteReports(reports, nowMs);
    void this.#keeper.write(source, { nowMs, onError: this.#onError });
  }

  /** Notes which addresses a Service got and lost by a write. */
  noteWrite({ key, assignment }: PlannedWrite): void {
    // What is another provider's stays in the status, and no Service of ours has it.
    this.#noteHolding(key, ownAddresses(assignment).map(printIp));
  }

  /** Notes that a Service was deleted. */
  noteDeparted(key: string): void {
    this.#noteHolding(key, []);
  }

  /**
   * A Service has these addresses from now on, and no others. What it had is in the history, not in its status: the API server
   * empties that where the type changes.
   */
  #noteHolding(service: string, addresses: readonly string[]): void {
    const [at, nowMs] = [this.#now(), this.#context.monotonicMs()];
    for (const address of this.#keeper?.heldBy(service) ?? [])
      if (!addresses.includes(address)) this.#keeper?.note({ at, change: "released", address, service }, nowMs);
    for (const address of addresses) this.#keeper?.note({ at, change: "assigned", address, service }, nowMs);
  }

  /** Milliseconds until a write is due, at least 0; undefined where nothing is to be written. */
  nextInMs(nowMs: number): number | undefined {
    return this.#keeper?.nextInMs(nowMs);
  }

  /** Writes all that is noted, at once. Never rejects. */
  async flush(): Promise<void> {
    const { source, monotonicMs } = this.#context;
    await this.#keeper?.flush(source, { nowMs: monotonicMs(), onError: this.#onError });
  }

  readonly #onError = (err: unknown): void => this.#context.log.warn({ err }, "cannot write the history of addresses");

  /** In ISO 8601. */
  #now(): string {
    return new Date(this.#context.wallMs()).toISOString();
  }

  /** What Services of ours have in their statuses, and since when. */
  *#holdings(): Iterable<Holding> {
    const { assignments, objectOf, records } = this.#noted;
    for (const [key, { kind, reason }] of assignments()) {
      const [object, service] = [objectOf(key), records.services.get(key)];
      if (object === undefined || service === undefined || kind === "ignore" || reason === "AddressNotOurs") continue;
      const since = textOf(addressConditionOf(object)?.["lastTransitionTime"]);
      for (const ip of service.assignedAddresses) yield { address: printIp(ip), service: key, since };
    }
  }
}
