import type { Kind } from "#src/model/kind.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { isRecord } from "#src/model/record.ts";
import type { ApiClient } from "#src/source/kubernetes/api/client.ts";
import { errorOfOutcome } from "#src/source/kubernetes/api/outcome.ts";
import { pause, type Timing } from "#src/source/kubernetes/api/timing.ts";
import { Turnstile } from "#src/source/kubernetes/api/turnstile.ts";
import { apiProblem } from "./api-problems.ts";
import { FollowedObject } from "./followed-object.ts";
import { Reflector } from "./reflector.ts";
import { collectionPath } from "./collection-path.ts";
import { readingOf } from "./reading.ts";

/**
 * Objects that have a watch of their own; the others are looked at in turn. A server may allow as few as 100 streams on
 * a connection (RFC 9113 section 6.5.2), and other requests need 32 of them and the watches of whole kinds some.
 */
export const MAX_WATCHES = 48;
/** Between two looks: at most 10 a second, whatever the number of objects. */
const LOOK_EVERY_MS = 100;
/** No object is looked at more often. */
const SHORTEST_ROUND_MS = 10_000;
/** First looks under way at once. */
const FIRST_LOOKS_AT_ONCE = 8;

export interface FollowedObjectsOptions {
  readonly client: ApiClient;
  readonly timing: Timing;
  readonly kind: Kind;
  /** Reads an object; undefined: it cannot be used. */
  read(json: unknown): KubeObject | undefined;
  onChange(changed: FollowedObject): void;
  /** All that keeps us from objects of one namespace now, each cause once. */
  onProblems(where: string, problems: readonly Problem[]): void;
}

/**
 * Objects of one kind that are read by name, and no others: each list and watch selects a single name. What changes, or
 * is not there yet, has a watch; of what is at rest the oldest give theirs up when there are more than MAX_WATCHES.
 */
export class FollowedObjects {
  readonly #options: FollowedObjectsOptions;
  readonly #objects = new Map<string, FollowedObject>();
  /** Those without a watch, in the order of their turns. */
  readonly #turns = new Set<FollowedObject>();
  readonly #firstLooks = new Turnstile(FIRST_LOOKS_AT_ONCE);
  readonly #closing = new AbortController();
  readonly #ending = new Set<Promise<void>>();
  #looking: Promise<void> | undefined;
  #snapshot: ReadonlyMap<string, KubeObject> | undefined;
  #changes = 0;

  constructor(options: FollowedObjectsOptions) {
    this.#options = options;
  }

  /** Those that there are, by key: the same map until something changes. */
  snapshot(): ReadonlyMap<string, KubeObject> {
    this.#snapshot ??= new Map(
      [...this.#objects.values()].flatMap(({ key, value }) => (value === undefined ? [] : [[key, value] as const])),
    );
    return this.#snapshot;
  }

  /** Follows exactly these from now on. Resolves when each was looked for once, or could not be. */
  async follow(keys: ReadonlySet<string>): Promise<void> {
    for (const object of this.#objects.values()) if (!keys.has(object.key)) this.#forget(object);
    const added = [...keys].filter((key) => !this.#objects.has(key));
    for (const key of added) this.#objects.set(key, new FollowedObject(key, ++this.#changes));
    this.#share();
    await Promise.all([...this.#objects.values()].map(async ({ answered }) => answered));
    // Those that were not found are known only now.
    this.#share();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const object of this.#objects.values()) {
      this.#unwatch(object);
      object.answer();
    }
    await Promise.all([...this.#ending, this.#looking]);
  }

  #forget(object: FollowedObject): void {
    this.#objects.delete(object.key);
    this.#turns.delete(object);
    this.#unwatch(object);
    object.answer();
    this.#judge(object, undefined);
    this.#snapshot = undefined;
  }

  /** Gives the watches to those that need them most. */
  #share(): void {
    if (this.#closing.signal.aborted) return;
    const byNeed = [...this.#objects.values()].sort(compareNeed);
    for (const object of byNeed.slice(MAX_WATCHES)) {
      this.#unwatch(object);
      if (this.#turns.has(object)) continue;
      this.#turns.add(object);
      if (!object.isAnswered) this.#lookFirst(object);
    }
    for (const object of byNeed.slice(0, MAX_WATCHES)) {
      this.#turns.delete(object);
      object.reflector ??= this.#watch(object);
    }
    if (this.#turns.size > 0) this.#looking ??= this.#lookInTurn();
  }

  #watch(object: FollowedObject): Reflector<KubeObject> {
    const { client, timing, kind, read } = this.#options;
    const path = collectionPath(kind, object.namespace);
    const isCurrent = (): boolean => this.#isWatchOf(object, reflector);
    const reflector: Reflector<KubeObject> = new Reflector({
      client,
      timing,
      path,
      query: { fieldSelector: `metadata.name=${object.name}` },
      keepsManagedFields: readingOf(kind).keepsManagedFields,
      read,
      listener: {
        onChange: () => {
          if (isCurrent()) this.#take(object, reflector.snapshot().get(object.key));
        },
        onFailure: (error, failures) => {
          if (isCurrent()) this.#judge(object, apiProblem(this.#whereOf(object), error, failures));
          object.answer();
        },
        onWell: () => {
          if (isCurrent()) this.#judge(object, undefined);
        },
        onUnknownLine: () => undefined,
      },
    });
    void this.#takeFirst(object, reflector);
    return reflector;
  }

  /** What a new watch found: that an object went while no watch was open is not a change to it. */
  async #takeFirst(object: FollowedObject, reflector: Reflector<KubeObject>): Promise<void> {
    await reflector.listed;
    if (this.#isWatchOf(object, reflector)) this.#take(object, reflector.snapshot().get(object.key));
    object.answer();
  }

  #isWatchOf(object: FollowedObject, reflector: Reflector<KubeObject>): boolean {
    return object.reflector === reflector && this.#objects.get(object.key) === object;
  }

  #unwatch(object: FollowedObject): void {
    const { reflector } = object;
    if (reflector === undefined) return;
    object.reflector = undefined;
    const ended = reflector.close().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  #lookFirst(object: FollowedObject): void {
    const { signal } = this.#closing;
    const looked = this.#firstLooks
      .pass(signal, async () => this.#look(object))
      .catch(() => undefined)
      .finally(() => this.#ending.delete(looked));
    this.#ending.add(looked);
  }

  async #lookInTurn(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && this.#turns.size > 0) {
      await pause(this.#options.timing, Math.max(LOOK_EVERY_MS, SHORTEST_ROUND_MS / this.#turns.size), signal);
      const [next] = this.#turns;
      if (next === undefined || signal.aborted) continue;
      this.#turns.delete(next);
      this.#turns.add(next);
      await this.#look(next);
    }
    this.#looking = undefined;
  }

  /** A list of one name: it needs no right that the watch does not need. Any recent version will do. */
  async #look(object: FollowedObject): Promise<void> {
    const { client, kind, read } = this.#options;
    const path = collectionPath(kind, object.namespace);
    const query = new URLSearchParams({ fieldSelector: `metadata.name=${object.name}`, resourceVersion: "0" });
    try {
      const { signal } = this.#closing;
      const { keepsManagedFields } = readingOf(kind);
      const ask = { method: "GET", path: `${path}?${query.toString()}`, keepsManagedFields, signal } as const;
      const outcome = await client.request(ask);
      if (outcome.kind !== "ok") throw errorOfOutcome(`list ${path}`, outcome);
      const items: unknown = isRecord(outcome.body) ? outcome.body["items"] : undefined;
      const item: unknown = Array.isArray(items) ? items[0] : undefined;
      object.failures = 0;
      if (!this.#turns.has(object)) return;
      this.#judge(object, undefined);
      this.#take(object, item === undefined ? undefined : read(item));
    } catch (error) {
      object.failures += 1;
      if (!this.#turns.has(object)) return;
      this.#judge(object, apiProblem(this.#whereOf(object), error as NodeJS.ErrnoException, object.failures));
    } finally {
      object.answer();
    }
  }

  #take(object: FollowedObject, value: KubeObject | undefined): void {
    if (!object.differs(value)) return;
    object.value = value;
    this.#snapshot = undefined;
    this.#options.onChange(object);
    // What is seen for the first time has not changed.
    if (!object.isAnswered) return;
    object.changed = ++this.#changes;
    if (this.#turns.size > 0) this.#share();
  }

  /** What is wrong with the objects of a namespace is mostly one thing: it is reported once. */
  #judge(object: FollowedObject, problem: Problem | undefined): void {
    if (object.problem?.code === problem?.code) return;
    object.problem = problem;
    const causes = new Map<string, Problem>();
    for (const other of this.#objects.values()) {
      const { namespace, problem: found } = other;
      if (namespace === object.namespace && found !== undefined && !causes.has(found.code))
        causes.set(found.code, found);
    }
    this.#options.onProblems(this.#whereOf(object), [...causes.values()]);
  }

  #whereOf({ namespace }: FollowedObject): string {
    return `${this.#options.client.server}${collectionPath(this.#options.kind, namespace)}`;
  }
}

/** A missing object is awaited; one that changed lately may change again. */
function compareNeed(left: FollowedObject, right: FollowedObject): number {
  const absence = Number(left.value !== undefined) - Number(right.value !== undefined);
  return absence === 0 ? right.changed - left.changed : absence;
}
