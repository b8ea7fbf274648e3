import { LastGood, type Reading } from "#src/configuration/last-good.ts";
import type { Configuration } from "#src/model/configuration.ts";
import { keyOf, type ObjectRef } from "#src/model/object.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import type { Source } from "#src/source/source.ts";
import { type EventRecord, eventOf } from "#src/status/event-record.ts";

/**
 * The configuration in use, read from the ConfigMap: a broken one leaves the last good one in use, and says so once. That a
 * configuration was loaded is an Event only where it is news: not at a start, nor when another replica takes over.
 */
export class LastGoodConfig {
  readonly #ref: ObjectRef;
  readonly #source: Source;
  readonly #log: Logger;
  readonly #problems: ProblemLog;
  readonly #lastGood = new LastGood();
  /** Nothing was read yet. */
  #isNew = true;
  /** The Event that `say` records next. */
  #unsaid: EventRecord | undefined;

  constructor(ref: ObjectRef, { source, log }: { source: Source; log: Logger }) {
    this.#ref = ref;
    this.#source = source;
    this.#log = log;
    this.#problems = new ProblemLog(log);
  }

  /** Whether the configuration in use is not that of the ConfigMap as it is now. */
  get isStale(): boolean {
    return this.#lastGood.isStale;
  }

  /** Records the Event that is due, if there is one. Only the leader calls it. */
  say(): void {
    if (this.#unsaid !== undefined) this.#source.record(this.#unsaid);
    this.#unsaid = undefined;
  }

  /** Another replica leads, and says what there is to say of a configuration that is in use. */
  leaveToOthers(): void {
    if (!this.isStale) this.#unsaid = undefined;
  }

  /** The configuration in use; undefined if there never was a good one. */
  read(): Configuration | undefined {
    const isStart = this.#isNew;
    this.#isNew = false;
    const reading = this.#lastGood.read(this.#source.list("ConfigMap").get(keyOf(this.#ref)));
    if (reading !== undefined) this.#take(reading, isStart);
    return this.#lastGood.configuration;
  }

  #take(reading: Reading, isStart: boolean): void {
    const configMap = keyOf(this.#ref);
    if (reading.kind === "gone") {
      this.#log.error({ configMap }, "the configuration is gone, the last good one stays in use");
      return;
    }
    const { problems } = reading;
    this.#problems.report(configMap, problems, { configMap });
    if (reading.kind === "bad") {
      this.#unsaid = eventOf(this.#ref, { reason: "ConfigInvalid", message: summaryOf(problems) });
      return;
    }
    const names = reading.configuration.pools.map(({ name }) => name);
    this.#log.info({ configMap, pools: names.length }, "configuration loaded");
    const pools = names.length === 0 ? "No pool is configured." : `Pools in use: ${names.join(", ")}.`;
    const count = problems.length;
    const message = count === 0 ? pools : `${pools} Problems: ${count} (hawser check shows them).`;
    this.#unsaid = isStart ? undefined : eventOf(this.#ref, { reason: "ConfigLoaded", message });
  }
}

function summaryOf(problems: readonly Problem[]): string {
  const [first, ...more] = problems.filter(({ severity }) => severity === "error");
  const text = first === undefined ? "It cannot be read." : printProblem(first);
  const others = more.length > 0 ? ` And ${more.length} more (hawser check shows all).` : "";
  return `The last good configuration stays in use. ${text}${others}`;
}
