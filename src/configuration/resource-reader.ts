import { METALLB_KINDS } from "#src/model/kind.ts";
import { hasError } from "#src/model/field.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { type CustomResources, RESOURCE_PARSERS, type ResourceKind, type ResourceOf } from "./custom-resources.ts";

/**
 * The objects of metallb.io as they are now, by kind and key: another map whenever one changed (`Source.list`). Undefined
 * for a kind that the cluster does not have.
 */
export type ResourceObjects = Readonly<Record<ResourceKind, ReadonlyMap<string, KubeObject> | undefined>>;

export type ResourceNews = "nothing" | "problems" | "values";

interface Seen {
  /** The version that was seen last. */
  object: KubeObject;
  /** All of it that is read: a version that differs only in its status is ignored. */
  readonly text: string;
  /** Of the last version that can be used; undefined: there was none. */
  readonly value: ResourceOf[ResourceKind] | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads MetalLB's objects in its namespace, each once for each version. A version that cannot be used leaves the last good
 * one of its object in use; the other objects are read as they are.
 */
export class ResourceReader {
  readonly #namespace: string;
  readonly #seen = new Map<ResourceKind, ReadonlyMap<string, Seen>>();
  /** The maps that were read last. */
  readonly #read = new Map<ResourceKind, ReadonlyMap<string, KubeObject> | undefined>();

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Takes the objects as they are now, and says what is new since the call before: `problems`, or `values` too. */
  read(objects: ResourceObjects): ResourceNews {
    let isNews = false;
    let isOther = false;
    for (const kind of METALLB_KINDS) {
      if (this.#read.has(kind) && this.#read.get(kind) === objects[kind]) continue;
      const before = this.#seen.get(kind);
      const wasAbsent = this.#isAbsent(kind);
      this.#read.set(kind, objects[kind]);
      this.#take(kind, objects[kind]);
      const after = this.#seen.get(kind);
      isNews ||= wasAbsent !== this.#isAbsent(kind) || !isAlike(before, after, (seen) => seen);
      isOther ||= !isAlike(before, after, (seen) => seen?.value);
    }
    return isOther ? "values" : isNews ? "problems" : "nothing";
  }

  /** The definition of a kind went away, and all objects of it with it: what they said stays in use. */
  #take(kind: ResourceKind, objects: ReadonlyMap<string, KubeObject> | undefined): void {
    if (objects === undefined) return;
    const before = this.#seen.get(kind) ?? new Map<string, Seen>();
    const after = new Map<string, Seen>();
    for (const object of objects.values()) {
      if (object.metadata.namespace !== this.#namespace) continue;
      const key = keyOf(object.metadata);
      const seen = before.get(key);
      after.set(key, seen !== undefined && isSame(seen, object) ? seen : look(kind, object, seen));
    }
    this.#seen.set(kind, after);
  }

  #isAbsent(kind: ResourceKind): boolean {
    return this.#read.get(kind) === undefined && (this.#seen.get(kind)?.size ?? 0) > 0;
  }

  /** Whether there is no object at all. */
  get isEmpty(): boolean {
    return [...this.#seen.values()].every(({ size }) => size === 0);
  }

  /** What is wrong with each object alone, and with kinds. */
  get problems(): readonly Problem[] {
    const absent = METALLB_KINDS.filter((kind) => this.#isAbsent(kind));
    return [...absent.map(absence), ...this.#all().flatMap(({ problems }) => problems)];
  }

  /** Whether what is in use is not what the objects say now. */
  get isStale(): boolean {
    const isAnyAbsent = METALLB_KINDS.some((kind) => this.#isAbsent(kind));
    return isAnyAbsent || this.#all().some(({ problems }) => hasError(problems));
  }

  /** The objects in use. */
  get resources(): CustomResources {
    const of = (kind: ResourceKind): readonly unknown[] =>
      [...(this.#seen.get(kind)?.values() ?? [])].flatMap(({ value }) => value ?? []);
    return Object.fromEntries(METALLB_KINDS.map((kind) => [kind, of(kind)])) as unknown as CustomResources;
  }

  #all(): readonly Seen[] {
    return [...this.#seen.values()].flatMap((ofKind) => [...ofKind.values()]);
  }
}

function isAlike(
  before: ReadonlyMap<string, Seen> = new Map(),
  after: ReadonlyMap<string, Seen> = new Map(),
  of: (seen: Seen | undefined) => unknown,
): boolean {
  return before.size === after.size && [...after].every(([key, seen]) => of(before.get(key)) === of(seen));
}

function look(kind: ResourceKind, object: KubeObject, before: Seen | undefined): Seen {
  const parsed = RESOURCE_PARSERS[kind](object);
  const text = textOf(object);
  return { object, text, value: parsed.ok ? parsed.value : before?.value, problems: parsed.problems };
}

function isSame(seen: Seen, object: KubeObject): boolean {
  if (seen.object === object) return true;
  if (seen.text !== textOf(object)) return false;
  seen.object = object;
  return true;
}

function textOf({ apiVersion, metadata, status: _status, ...rest }: KubeObject): string {
  const { labels, annotations, createdMs, uid } = metadata;
  return JSON.stringify([apiVersion, labels, annotations, createdMs, uid, rest]);
}

function absence(kind: ResourceKind): Problem {
  return {
    code: "RESOURCE_KIND_GONE",
    at: { kind: "part", name: `${kind} of metallb.io` },
    what: `Keeps using the ${kind} objects as they were last`,
    why: "the kind is gone, and all its objects with it",
    fix: "Move the pools to the ConfigMap before the programs are restarted, or install the definitions of MetalLB again",
    severity: "warning",
  };
}
