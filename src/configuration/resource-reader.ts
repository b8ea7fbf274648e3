import { configures, METALLB_KINDS } from "#src/model/kind.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { UnusablePool } from "./from-custom-resources.ts";
import { notRead } from "./not-read.ts";
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
  /** Whether this version cannot be used. */
  readonly isBad: boolean;
  readonly problems: readonly Problem[];
}

/**
 * Kinds whose objects stay in use when the kind is removed. An address without a pool is announced all the same; one whose
 * pool has no advertisement is withdrawn, and that is what a person does who deletes an advertisement, not a definition.
 */
const KEPT: ReadonlySet<ResourceKind> = new Set(["L2Advertisement"]);

/**
 * Reads MetalLB's objects in its namespace, each once for each version. A version that cannot be used leaves the last good
 * one of its object in use; the other objects are read as they are. Where a kind is removed its objects are deleted, and
 * only advertisements are kept, until there are others.
 */
export class ResourceReader {
  readonly #namespace: string;
  readonly #seen = new Map<ResourceKind, ReadonlyMap<string, Seen>>();
  /** The kinds that were removed with all their objects. */
  readonly #lost = new Set<ResourceKind>();
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
      const [before, wasLost] = [this.#seen.get(kind), this.#lost.has(kind)];
      this.#read.set(kind, objects[kind]);
      this.#take(kind, objects[kind]);
      const after = this.#seen.get(kind);
      isNews ||= wasLost !== this.#lost.has(kind) || !isAlike(before, after, (seen) => seen);
      isOther ||= !isAlike(before, after, (seen) => seen?.value);
    }
    return isOther ? "values" : isNews ? "problems" : "nothing";
  }

  #take(kind: ResourceKind, objects: ReadonlyMap<string, KubeObject> | undefined): void {
    const before = this.#seen.get(kind) ?? new Map<string, Seen>();
    if (objects === undefined) {
      if (before.size > 0) this.#lost.add(kind);
      if (!KEPT.has(kind)) this.#seen.set(kind, new Map());
      return;
    }
    const after = new Map<string, Seen>();
    for (const object of objects.values()) {
      const key = keyOf(object.metadata);
      const seen = before.get(key);
      if (seen !== undefined && isSame(seen, object)) after.set(key, seen);
      else after.set(key, this.#isElsewhere(object) ? this.#lookElsewhere(object) : look(kind, object, seen));
    }
    // The definition comes back before its objects do.
    if (after.size === 0 && KEPT.has(kind) && this.#lost.has(kind)) return;
    this.#lost.delete(kind);
    this.#seen.set(kind, after);
  }

  /** A cluster is asked for those of the namespace alone; a folder may have others. */
  #isElsewhere({ metadata }: KubeObject): boolean {
    return metadata.namespace !== this.#namespace;
  }

  #lookElsewhere(object: KubeObject): Seen {
    return { object, text: textOf(object), value: undefined, isBad: false, problems: notRead(object, this.#namespace) };
  }

  /** Whether there is no object that configures anything. */
  get isEmpty(): boolean {
    return [...this.#seen].every(
      ([kind, objects]) => !configures(kind) || [...objects.values()].every(({ object }) => this.#isElsewhere(object)),
    );
  }

  /** What is wrong with each object alone, and with kinds. */
  get problems(): readonly Problem[] {
    const losses = [...this.#lost].filter((kind) => this.#isShown(kind)).flatMap(lossOf);
    return [...losses, ...this.#all().flatMap(({ problems }) => problems)];
  }

  /** Whether what is in use is not what the objects say now. */
  get isStale(): boolean {
    const isAnyKept = [...this.#lost].some((kind) => KEPT.has(kind) && this.#isShown(kind));
    return isAnyKept || this.#all().some(({ isBad }) => isBad);
  }

  /** The objects in use. */
  get resources(): CustomResources {
    const of = (kind: ResourceKind): readonly unknown[] => this.#inUse(kind).flatMap(({ value }) => value ?? []);
    return Object.fromEntries(METALLB_KINDS.map((kind) => [kind, of(kind)])) as unknown as CustomResources;
  }

  /** The IPAddressPools of which no version could be used. */
  get unusablePools(): readonly UnusablePool[] {
    const bad = this.#inUse("IPAddressPool").filter(({ isBad, value }) => isBad && value === undefined);
    return bad.map(({ object }) => object.metadata);
  }

  #all(): readonly Seen[] {
    return METALLB_KINDS.flatMap((kind) => this.#inUse(kind));
  }

  #inUse(kind: ResourceKind): readonly Seen[] {
    return this.#isShown(kind) ? [...(this.#seen.get(kind)?.values() ?? [])] : [];
  }

  /** What is kept of a kind that was removed is kept for pools that are there: without any it would only name some that are not. */
  #isShown(kind: ResourceKind): boolean {
    return !KEPT.has(kind) || !this.#lost.has(kind) || (this.#seen.get("IPAddressPool")?.size ?? 0) > 0;
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
  const value = parsed.ok ? parsed.value : before?.value;
  return { object, text, value, isBad: !parsed.ok, problems: parsed.problems };
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

/** What follows from the loss of a kind, and what to do. That of others has no effect. */
const LOSSES: Readonly<Partial<Record<ResourceKind, Pick<Problem, "what" | "fix">>>> = {
  IPAddressPool: {
    what: "Assigns no address of an IPAddressPool; Services keep those that they have",
    fix: "Install the definitions of MetalLB and create the pools again, or add the pools to the ConfigMap",
  },
  L2Advertisement: {
    what: "Keeps announcing as the L2Advertisements said last",
    fix: "Create the L2Advertisements again before the speakers are restarted",
  },
};

function lossOf(kind: ResourceKind): readonly Problem[] {
  const loss = LOSSES[kind];
  if (loss === undefined) return [];
  const at = { kind: "part", name: `${kind} of metallb.io` } as const;
  const why = "the kind was removed from the cluster, and all its objects with it";
  return [{ code: "RESOURCE_KIND_GONE", at, why, ...loss, severity: "warning" }];
}
