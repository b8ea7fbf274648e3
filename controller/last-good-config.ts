import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import { keyOf } from "#src/model/object.ts";
import { parsePoolConfig, type PoolConfig } from "#src/model/pool-config.ts";
import type { Pool } from "#src/model/pool.ts";
import { type Parsed, printProblem, type Problem } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import type { Source } from "#src/source/source.ts";
import { type EventRecord, eventOf } from "#src/status/event-record.ts";

/**
 * The pools in use, read from the ConfigMap: a broken one leaves the last good one in use, and says so once. That a
 * configuration was loaded is an Event only where it is news: not at a start, nor when another replica takes over.
 */
export class LastGoodConfig {
  readonly #ref: ObjectRef;
  readonly #source: Source;
  readonly #log: Logger;
  readonly #problems: ProblemLog;
  #object: KubeObject | undefined;
  #data: string | undefined;
  #pools: readonly Pool[] | undefined;
  #isStale = false;
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

  /** Whether the pools in use are not those of the ConfigMap as it is now. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Records the Event that is due, if there is one. Only the leader calls it. */
  say(): void {
    if (this.#unsaid !== undefined) this.#source.record(this.#unsaid);
    this.#unsaid = undefined;
  }

  /** Another replica leads, and says what there is to say of a configuration that is in use. */
  leaveToOthers(): void {
    if (!this.#isStale) this.#unsaid = undefined;
  }

  /** The pools in use; undefined if there never was a good configuration. */
  read(): readonly Pool[] | undefined {
    const isStart = this.#isNew;
    this.#isNew = false;
    const object = this.#source.list("ConfigMap").get(keyOf(this.#ref));
    if (object === this.#object) return this.#pools;
    this.#object = object;
    const data = object && JSON.stringify(object["data"] ?? {});
    if (data === this.#data) return this.#pools;
    this.#data = data;
    if (object === undefined) this.#missing();
    else this.#accept(parsePoolConfig(object), isStart);
    return this.#pools;
  }

  #accept(parsed: Parsed<PoolConfig>, isStart: boolean): void {
    this.#isStale = !parsed.ok;
    const configMap = keyOf(this.#ref);
    this.#problems.report(configMap, parsed.problems, { configMap });
    if (!parsed.ok) {
      this.#unsaid = eventOf(this.#ref, { reason: "ConfigInvalid", message: summaryOf(parsed.problems) });
      return;
    }
    this.#pools = parsed.value.pools;
    const names = this.#pools.map(({ name }) => name);
    this.#log.info({ configMap, pools: names.length }, "configuration loaded");
    const pools = names.length === 0 ? "No pool is configured." : `Pools in use: ${names.join(", ")}.`;
    const count = parsed.problems.length;
    const message = count === 0 ? pools : `${pools} Problems: ${count} (hawser check shows them).`;
    this.#unsaid = isStart ? undefined : eventOf(this.#ref, { reason: "ConfigLoaded", message });
  }

  #missing(): void {
    this.#isStale = true;
    this.#log.error({ configMap: keyOf(this.#ref) }, "the configuration is gone, the last good one stays in use");
  }
}

function summaryOf(problems: readonly Problem[]): string {
  const [first, ...more] = problems.filter(({ severity }) => severity === "error");
  const text = first === undefined ? "It cannot be read." : printProblem(first);
  const others = more.length > 0 ? ` And ${more.length} more (hawser check shows all).` : "";
  return `The last good configuration stays in use. ${text}${others}`;
}
