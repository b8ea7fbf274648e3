import { configurationObjects } from "#src/configuration/configuration-objects.ts";
import { OPEN_METALLB_KINDS } from "#src/model/kind.ts";
import { ConfigurationReader } from "#src/configuration/configuration-reader.ts";
import type { Reading } from "#src/configuration/last-good.ts";
import type { Configuration } from "#src/model/configuration.ts";
import { keyOf, type ObjectRef } from "#src/model/object.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { Logger } from "#src/process/log.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import type { Source } from "#src/source/source.ts";
import { type EventRecord, eventOf } from "#src/status/event-record.ts";

/** Events about MetalLB's objects at a time; the log has all. */
const MAX_RESOURCE_EVENTS = 20;

/** Where the configuration is. */
export interface ConfigPlaces {
  /** The ConfigMap. */
  readonly ref: ObjectRef;
  /** The namespace of MetalLB's custom resources. */
  readonly metallbNamespace: string;
}

/**
 * The configuration in use, read from the ConfigMap and MetalLB's custom resources: a broken object leaves its last good
 * version in use, and says so once. That a configuration was loaded is an Event only where it is news: not at a start, nor
 * when another replica takes over.
 */
export class LastGoodConfig {
  readonly #ref: ObjectRef;
  readonly #source: Source;
  readonly #log: Logger;
  readonly #problems: ProblemLog;
  readonly #reader: ConfigurationReader;
  /** Nothing was read yet. */
  #isNew = true;
  /** The Events that `say` records next: of the ConfigMap, and of MetalLB's objects. */
  #unsaid: EventRecord | undefined;
  #unsaidOfResources: readonly EventRecord[] = [];

  constructor({ ref, metallbNamespace }: ConfigPlaces, { source, log }: { source: Source; log: Logger }) {
    this.#reader = new ConfigurationReader(metallbNamespace);
    this.#ref = ref;
    this.#source = source;
    this.#log = log;
    this.#problems = new ProblemLog(log);
  }

  /** Whether the configuration in use is not what the objects say now. */
  get isStale(): boolean {
    return this.#reader.isStale;
  }

  /** Records the Events that are due. Only the leader calls it. */
  say(): void {
    if (this.#unsaid !== undefined) this.#source.record(this.#unsaid);
    for (const event of this.#unsaidOfResources) this.#source.record(event);
    this.#unsaid = undefined;
    this.#unsaidOfResources = [];
  }

  /** Another replica leads, and says what there is to say of a configuration that is in use. */
  leaveToOthers(): void {
    if (!this.isStale) this.#unsaid = undefined;
  }

  /** The configuration in use; undefined if there never was a good one. */
  read(): Configuration | undefined {
    const isStart = this.#isNew;
    this.#isNew = false;
    const news = this.#reader.read(configurationObjects(this.#source, this.#ref, OPEN_METALLB_KINDS));
    if (news?.configMap !== undefined) this.#take(news.configMap, isStart);
    if (news !== undefined) this.#takeResources(news.resources);
    return this.#reader.configuration;
  }

  #takeResources(problems: readonly Problem[]): void {
    this.#problems.report("metallb.io", problems, {});
    const errors = problems.filter(({ severity }) => severity === "error");
    const byObject = Map.groupBy(errors, ({ at }) => (at.kind === "object" ? printPlace({ ...at, path: "" }) : ""));
    this.#unsaidOfResources = [...byObject.values()].slice(0, MAX_RESOURCE_EVENTS).flatMap(eventOfResource);
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
      this.#unsaid = eventOf(this.#ref, {
        reason: "ConfigInvalid",
        message: `The last good configuration stays in use. ${summaryOf(problems)}`,
      });
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
  return `${text}${others}`;
}

/** The Event of one of MetalLB's objects, by what is wrong with it. */
function eventOfResource(problems: readonly Problem[]): readonly EventRecord[] {
  const at = problems[0]?.at;
  if (at?.kind !== "object") return [];
  const about = { ...at.object, kind: at.object.kind as ObjectRef["kind"] };
  return [eventOf(about, { reason: "ConfigInvalid", message: `What it says is not in use. ${summaryOf(problems)}` })];
}
