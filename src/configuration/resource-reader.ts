import { hasError } from "#src/model/field.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import {
  type CustomResources,
  RESOURCE_KINDS,
  RESOURCE_PARSERS,
  type ResourceKind,
  type ResourceOf,
} from "./custom-resources.ts";

/** MetalLB's objects as they are now, by kind; undefined for a kind that the cluster does not have. */
export type ResourceObjects = Readonly<Record<ResourceKind, Iterable<KubeObject> | undefined>>;

interface Seen {
  readonly object: KubeObject;
  /** Of the last version that can be used; undefined: there was none. */
  readonly value: ResourceOf[ResourceKind] | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads MetalLB's objects, each once for each version. A version that cannot be used leaves the last good one of its
 * object in use; the other objects are read as they are.
 */
export class ResourceReader {
  readonly #seen = new Map<string, Seen>();
  /** The kinds that the cluster no longer has, and whose objects stay in use. */
  readonly #absent = new Set<ResourceKind>();

  /** Takes the objects as they are now. Returns false if they are those of the call before. */
  read(objects: ResourceObjects): boolean {
    let isNews = false;
    const present = new Set<string>();
    for (const kind of RESOURCE_KINDS) {
      if (objects[kind] === undefined) isNews = this.#keep(kind, present) || isNews;
      else isNews = this.#take(kind, objects[kind], present) || isNews;
    }
    for (const key of this.#seen.keys()) {
      if (present.has(key)) continue;
      this.#seen.delete(key);
      isNews = true;
    }
    return isNews;
  }

  #take(kind: ResourceKind, objects: Iterable<KubeObject>, present: Set<string>): boolean {
    let isNews = this.#absent.delete(kind);
    for (const object of objects) {
      const key = `${kind} ${keyOf(object.metadata)}`;
      present.add(key);
      const seen = this.#seen.get(key);
      if (seen?.object === object) continue;
      this.#seen.set(key, look(object, seen));
      isNews = true;
    }
    return isNews;
  }

  /** The definition of a kind went away, and all objects of it with it: what they said stays in use. */
  #keep(kind: ResourceKind, present: Set<string>): boolean {
    const kept = [...this.#seen].filter(([, { object }]) => isOfKind(object, kind));
    for (const [key] of kept) present.add(key);
    const isNews = kept.length > 0 && !this.#absent.has(kind);
    if (kept.length > 0) this.#absent.add(kind);
    return isNews;
  }

  /** Whether there is an object at all. */
  get isEmpty(): boolean {
    return this.#seen.size === 0;
  }

  /** Whether an object is not used as it is now. */
  get isStale(): boolean {
    return this.#absent.size > 0 || [...this.#seen.values()].some(({ problems }) => hasError(problems));
  }

  /** What is wrong with each object alone, and with kinds. */
  get problems(): readonly Problem[] {
    return [...[...this.#absent].map(absence), ...[...this.#seen.values()].flatMap(({ problems }) => problems)];
  }

  /** The objects in use. */
  get resources(): CustomResources {
    const of = (kind: ResourceKind): readonly unknown[] =>
      [...this.#seen.values()].filter(({ object }) => isOfKind(object, kind)).flatMap(({ value }) => value ?? []);
    return Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, of(kind)])) as unknown as CustomResources;
  }
}

function look(object: KubeObject, before: Seen | undefined): Seen {
  const parsed = RESOURCE_PARSERS[object.kind as ResourceKind](object);
  return { object, value: parsed.ok ? parsed.value : before?.value, problems: parsed.problems };
}

function absence(kind: ResourceKind): Problem {
  return {
    code: "RESOURCE_KIND_GONE",
    at: { kind: "part", name: `${kind} of metallb.io` },
    what: `Keeps using the ${kind} objects as they were last`,
    why: "the API server no longer has this kind, so the objects are gone",
    fix: "Move the pools to the ConfigMap before the programs are restarted, or install the definitions of MetalLB again",
    severity: "warning",
  };
}

function isOfKind(object: KubeObject, kind: ResourceKind): boolean {
  return (object.kind as string) === kind;
}
