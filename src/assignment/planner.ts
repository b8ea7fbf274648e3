import { byAge } from "./by-age.ts";
import { includesIp, type Ip, printIp } from "#src/ip/address.ts";
import type { HostAddresses } from "#src/model/host-addresses.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import { type Adoption, adoptAll } from "./adopt.ts";
import { Choosables } from "./choosable.ts";
import type { AddressTable, ChoiceTable } from "./choose.ts";
import { decide, isAtRest } from "./decide.ts";
import { claimantsOf, forgetSearches, noneInUse, vacate } from "./in-use.ts";
import { freeIn, countUse, indexPools, letRest, lowestFree, searchFrom, spaceOf, spacesOf } from "./pool-space.ts";
import { givenUpIn } from "./quota.ts";
import { type Orphans, orphansOf, usageOf } from "./usage-of.ts";
import { settle, type Settled } from "./settle.ts";
import type { Assignment, AssignmentSnapshot, NamespaceLabels, PlanUpdate, PoolRoom, PoolUsage } from "./snapshot.ts";
import { isSameServiceClass, type ServiceClass, serviceClassOf } from "#src/model/service-class.ts";

/** What a plan depends on and no Service changes, and the addresses in use. */
interface Ground extends ServiceClass {
  readonly pools: readonly Pool[] | undefined;
  readonly hostAddresses: HostAddresses;
  readonly networkAddresses: AssignmentSnapshot["networkAddresses"];
  readonly table: AddressTable;
}

/** What is decided again. */
interface Touched {
  /** Keys of Services. */
  readonly keys: ReadonlySet<string>;
  /** All addresses that any of them has, had or keeps others off, by canonical text. */
  readonly ips: ReadonlyMap<string, Ip>;
}

/**
 * Keeps a plan up to date: it decides what `planAssignments` decides for the same snapshot, and the work grows with what
 * changed. Decided again are the Services that changed, those that share an address with one of them before or after, and
 * those that are not at rest: they wait for others, or their status does not hold yet what they were given.
 */
export class AssignmentPlanner {
  #ground: Ground | undefined;
  #resting: AssignmentSnapshot["resting"] | undefined;
  readonly #assignments = new Map<string, Assignment>();
  /** What Services keep others off besides what they have by the plan: external IPs, and all of those that cannot be read. */
  readonly #closed = new Map<string, readonly Ip[]>();
  readonly #restless = new Set<string>();
  /** What the Services have that no pool contains, by the key of the Service. */
  readonly #orphans = new Map<string, Orphans>();
  /** When the first of the resting addresses has rested. */
  #restEndMs = Infinity;

  /** The decisions by Service key; after a first plan oldest Service first. */
  get assignments(): ReadonlyMap<string, Assignment> {
    return this.#assignments;
  }

  /** How full the pools are, in declared order. */
  usage(): PoolUsage[] {
    return this.#ground === undefined ? [] : usageOf(this.#ground.table, this.#orphans.values());
  }

  /** How much room the pools have that are not disabled: what is cheap to count, after each change. */
  room(): PoolRoom[] {
    const spaces = this.#ground === undefined ? [] : spacesOf(this.#ground.table.index);
    return spaces
      .filter(({ pool }) => !pool.isDisabled)
      .map((space) => {
        const { pool, family, size } = space;
        const { name, resource, warningPercent } = pool;
        return { pool: name, resource, family, size, free: freeIn(space), warningPercent };
      });
  }

  /** Resting addresses that are kept no longer, see AssignmentPlan. */
  givenUp(): readonly Ip[] {
    return this.#ground === undefined ? [] : givenUpIn(this.#ground.table.inUse);
  }

  /** Whether the pool that contains the address has a quota. */
  hasQuota(ip: Ip): boolean {
    return this.#ground !== undefined && spaceOf(this.#ground.table.index, ip)?.pool.quotaPerNamespace !== undefined;
  }

  /** The name of the pool that contains the address. */
  poolOf(ip: Ip): string | undefined {
    return this.#ground && spaceOf(this.#ground.table.index, ip)?.pool.name;
  }

  /** Whether the address rests, and its pool keeps it for the Service that had it. */
  isKept(ip: Ip | undefined): boolean {
    const space = ip && this.#ground && spaceOf(this.#ground.table.index, ip);
    return ip !== undefined && space?.isResting.has(ip.value) === true;
  }

  /** The keys of the Services that have an address by this plan, or keep others off it. */
  claimantsOf(ip: Ip): readonly string[] {
    return this.#ground === undefined ? [] : claimantsOf(this.#ground.table.inUse, ip);
  }

  /**
   * `changed`: keys of the Services of which the snapshot shows something else than the last time. Where the pools, the
   * Nodes' addresses or the class changed (other objects), everything is decided again.
   */
  plan(snapshot: AssignmentSnapshot, changed: Iterable<string>): PlanUpdate {
    const isFresh = !isGround(this.#ground, snapshot);
    const touched = this.#begin(snapshot, { changed, isFresh });
    const { table } = this.#ground as Ground;
    forgetSearches(table.inUse);
    table.choosables.beginPlan();
    vacateAll(table, touched);
    const services = [...touched.keys].flatMap((key) => snapshot.services.get(key) ?? []).sort(byAge);
    const ground = { ...snapshot, index: table.index };
    const adoptions = adoptAll(table.inUse, claimantsAmong(snapshot, touched, services), ground);
    if (this.#resting !== snapshot.resting || this.#restEndMs <= snapshot.nowMs)
      this.#restEndMs = letRest(table.index, snapshot);
    this.#resting = snapshot.resting;
    countUsed(table, touched);
    const { pools, former, resting } = snapshot;
    const settled = pools === undefined ? undefined : settleAll({ ...table, former, resting }, services, adoptions);
    for (const service of services) {
      const { key } = service;
      const adoption = adoptions.get(key);
      const findings = adoption && { adoption, outcome: settled?.get(key) };
      const assignment = decide(table.index, service, findings);
      this.#assignments.set(key, assignment);
      const orphans = orphansOf(table.index, assignment);
      if (orphans === undefined) this.#orphans.delete(key);
      else this.#orphans.set(key, orphans);
      if (isAtRest(assignment, findings)) this.#restless.delete(key);
      else this.#restless.add(key);
    }
    // So that the next change finds the search where it ends now.
    if (isFresh) for (const space of spacesOf(table.index)) lowestFree(space, table.inUse.byAddress[space.family]);
    return { decided: services.map(({ key }) => key), gone: this.#forget(snapshot, touched) };
  }

  /** What is decided again: with each address all that claim it, and with each of these its addresses. */
  #begin(snapshot: AssignmentSnapshot, { changed, isFresh }: { changed: Iterable<string>; isFresh: boolean }): Touched {
    const keys = new Set([...changed, ...this.#restless]);
    const ips = new Map<string, Ip>();
    if (isFresh) {
      this.#ground = groundOf(snapshot);
      this.#resting = undefined;
      const { services, unreadable, hostAddresses } = snapshot;
      for (const all of [services, unreadable, this.#assignments]) for (const key of all.keys()) keys.add(key);
      for (const [text, { ip }] of hostAddresses) ips.set(text, ip);
    }
    const { inUse } = (this.#ground as Ground).table;
    // Both grow while they are walked.
    for (const key of keys) {
      for (const ip of [...this.#claimed(key), ...addressesIn(snapshot, key)]) {
        const text = printIp(ip);
        if (ips.has(text)) continue;
        ips.set(text, ip);
        for (const claimant of claimantsOf(inUse, ip)) keys.add(claimant);
      }
    }
    return { keys, ips };
  }

  /** All addresses that a Service has by the plan so far, or keeps others off. */
  #claimed(key: string): readonly Ip[] {
    const { addresses, released } = this.#assignments.get(key) ?? { addresses: [], released: [] };
    return [...addresses, ...released.map(({ ip }) => ip), ...(this.#closed.get(key) ?? [])];
  }

  /** Forgets the Services that can no longer be read or are gone, and notes what keeps others off. */
  #forget({ services, unreadable }: AssignmentSnapshot, { keys }: Touched): ReadonlyMap<string, Assignment> {
    const gone = new Map<string, Assignment>();
    for (const key of keys) {
      const service = services.get(key);
      const closed = service === undefined ? (unreadable.get(key) ?? []) : closedBy(service);
      if (closed.length === 0) this.#closed.delete(key);
      else this.#closed.set(key, closed);
      const before = this.#assignments.get(key);
      if (before === undefined || services.has(key)) continue;
      this.#assignments.delete(key);
      this.#orphans.delete(key);
      this.#restless.delete(key);
      gone.set(key, before);
    }
    return gone;
  }
}

function isGround(ground: Ground | undefined, snapshot: AssignmentSnapshot): ground is Ground {
  if (ground === undefined) return false;
  const { pools, hostAddresses, networkAddresses, namespaces = NO_NAMESPACES } = snapshot;
  return (
    ground.pools === pools &&
    ground.hostAddresses === hostAddresses &&
    ground.networkAddresses === networkAddresses &&
    isSameServiceClass(ground, snapshot) &&
    (ground.table.namespaces === namespaces || ground.table.pools.every((pool) => pool.namespaceSelectors.length === 0))
  );
}

const NO_NAMESPACES: NamespaceLabels = new Map();

function groundOf(snapshot: AssignmentSnapshot): Ground {
  const { pools, unserved = [], hostAddresses, networkAddresses, namespaces = NO_NAMESPACES } = snapshot;
  const index = indexPools(pools ?? [], networkAddresses?.values());
  const known = { pools: pools ?? [], unserved, namespaces };
  const table = { ...known, index, inUse: noneInUse(index), choosables: new Choosables(index, known) };
  return { pools, hostAddresses, networkAddresses, ...serviceClassOf(snapshot), table };
}

function addressesIn({ services, unreadable }: AssignmentSnapshot, key: string): readonly Ip[] {
  const service = services.get(key);
  return service === undefined ? (unreadable.get(key) ?? []) : [...service.assignedAddresses, ...closedBy(service)];
}

/** What a Service keeps others off, besides what it has by the plan. */
function closedBy({ externalIps, leavingAddresses = [] }: Service): readonly Ip[] {
  return leavingAddresses.length === 0 ? externalIps : [...externalIps, ...leavingAddresses];
}

function vacateAll({ index, inUse }: AddressTable, { ips }: Touched): void {
  for (const ip of ips.values()) if (vacate(inUse, ip)) countUse(index, ip, -1);
}

function claimantsAmong(snapshot: AssignmentSnapshot, { keys, ips }: Touched, services: readonly Service[]) {
  const unreadable = [...keys]
    .flatMap((key): [string, readonly Ip[]][] => {
      const addresses = snapshot.unreadable.get(key);
      return addresses === undefined ? [] : [[key, addresses]];
    })
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const hosts = [...ips.keys()].flatMap((text) => snapshot.hostAddresses.get(text) ?? []);
  return { services, unreadable, hosts };
}

function countUsed({ index, inUse }: AddressTable, { ips }: Touched): void {
  for (const ip of ips.values()) {
    if (inUse.byAddress[ip.family].has(ip.value)) countUse(index, ip, 1);
    else searchFrom(index, ip);
  }
}

/**
 * Settles our Services, oldest first; then those that lack something again, until none of them gets anything: what is said of
 * them must be true after the last has got its address, or the next plan would say something else. Mostly none gets anything;
 * where kept addresses fill the quota of a namespace, what a younger Service got may let an older one have one.
 */
function settleAll(
  table: ChoiceTable,
  services: readonly Service[],
  adoptions: ReadonlyMap<string, Adoption>,
): ReadonlyMap<string, Settled> {
  const settled = new Map<string, Settled>();
  for (const service of services) {
    const adoption = adoptions.get(service.key);
    if (adoption !== undefined) settled.set(service.key, settle(table, service, adoption.held));
  }
  for (let isGiven = true; isGiven;) {
    isGiven = false;
    for (const service of services) {
      const before = settled.get(service.key);
      if (before === undefined || before.lacks.length === 0) continue;
      const after = settle(table, service, before.addresses);
      isGiven ||= !after.addresses.every((ip) => includesIp(before.addresses, ip));
      settled.set(service.key, { ...after, replaced: [...before.replaced, ...after.replaced] });
    }
  }
  return settled;
}
