import type { Family } from "#src/ip/address.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import { explainNoPool, type Lack, type Pools } from "./explain.ts";
import { whyBarred } from "./pool-bar.ts";
import type { PoolIndex, PoolSpace, PoolSpaces } from "./pool-space.ts";
import { requestedPoolsOf } from "./requested-pools.ts";

/** Kinds of Services remembered at once: their labels are their owners' choice. */
const KINDS_MAX = 4_096;

/** What is found once for all Services that ask for the same pools and that no pool tells apart. */
export interface Choosable {
  /** Why none of the pools may serve them; undefined where one may. */
  readonly noPool: Lack | undefined;
  /** The pools that may serve them, in the order they are tried in. */
  readonly spaces: readonly PoolSpaces[];
  readonly pools: ReadonlySet<Pool>;
  /** What was said last of a family that has no free address, by family and what Services are alike in, and after which change of the counts. */
  readonly noFree: Map<string, { readonly changes: number; readonly lack: Lack }>;
  /** By what Services are alike in, the place before which no space of the family has an address for them in the plan of this number. */
  readonly from: Map<string, Record<Family, number>>;
  plan: number;
}

/** Finds which pools may serve a Service, in which order: once for Services that are alike. */
export class Choosables {
  readonly #index: PoolIndex;
  readonly #pools: Pools;
  readonly #labelKeys: readonly string[];
  readonly #byKind = new Map<string, Choosable>();
  #plan = 0;

  constructor(index: PoolIndex, pools: Pools) {
    this.#index = index;
    this.#pools = pools;
    const selectors = pools.pools.flatMap(({ serviceSelectors }) => serviceSelectors.flat());
    this.#labelKeys = [...new Set(selectors.map(({ key }) => key))].sort();
  }

  /** Another plan begins: what was full may have room. */
  beginPlan(): void {
    this.#plan++;
  }

  of(service: Service): Choosable {
    const kind = this.#kindOf(service);
    let found = this.#byKind.get(kind);
    if (found === undefined) {
      if (this.#byKind.size >= KINDS_MAX) this.#byKind.clear();
      this.#byKind.set(kind, (found = this.#find(service)));
    }
    if (found.plan === this.#plan) return found;
    found.plan = this.#plan;
    found.from.clear();
    return found;
  }

  /** All that decides: equal texts for Services that are alike. */
  #kindOf({ requestedPool, namespace, labels }: Service): string {
    if (this.#index.isForAll) return requestedPool === undefined ? "" : `=${requestedPool}`;
    const values = this.#labelKeys.map((key) => (Object.hasOwn(labels, key) ? labels[key] : null));
    return JSON.stringify([requestedPool, namespace, ...values]);
  }

  #find(service: Service): Choosable {
    const { pools, namespaces } = this.#pools;
    const { byName, automatic, isForAll } = this.#index;
    const asked = requestedPoolsOf(pools, service)?.flatMap((name) => byName.get(name) ?? []) ?? automatic;
    const spaces = isForAll ? asked : asked.filter(({ pool }) => whyBarred(pool, service, namespaces) === undefined);
    return {
      noPool: explainNoPool(this.#pools, service),
      spaces,
      pools: new Set(spaces.map(({ pool }) => pool)),
      noFree: new Map(),
      from: new Map(),
      plan: -1,
    };
  }
}

/**
 * The place of the first pool that may have an address of each of these families for Services that are `alike`; while a plan is
 * made, none before it gets one. `mayGive` is asked once of a space that may not.
 */
export function firstWithRoom(
  { spaces, from }: Choosable,
  families: readonly Family[],
  { alike, mayGive }: { readonly alike: string; readonly mayGive: (space: PoolSpace) => boolean },
): number {
  let places = from.get(alike);
  if (places === undefined) from.set(alike, (places = { ipv4: 0, ipv6: 0 }));
  for (const family of families)
    for (; places[family] < spaces.length; places[family]++) {
      const space = spaces[places[family]]?.[family];
      if (space !== undefined && mayGive(space)) break;
    }
  return Math.max(...families.map((family) => places[family]));
}
