import { lowerBound } from "#src/collections/lower-bound.ts";
import { type Family, type Ip, printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import { isToRelease } from "./is-to-release.ts";
import { countHeld, countLeaving, namespaceOf } from "./pool-shares.ts";
import { findPlace, isOpen, type PoolIndex, type PoolPlace, type PoolSpace } from "./pool-space.ts";
import { backendOf, portsOf } from "./sharing.ts";

/** An address in use, and what a Service needs to join it. */
interface Use {
  readonly ip: Ip;
  /** Where in the pools it is; undefined where no pool contains it. */
  readonly place: PoolPlace | undefined;
  /** Keys of the Services that have it, oldest first. */
  readonly holders: string[];
  /** Those of the holders that give it up in this plan: it is free of them in the next one. */
  leavers?: string[];
  /** What keeps Services off it, beside the holders. */
  readonly closers: Closer[];
  readonly sharingKey: string;
  readonly backend: string;
  /** Each port in use, and the Service that uses it; undefined where no Service can join. */
  readonly ports: Map<string, string> | undefined;
}

/** What keeps newcomers off an address that it does not hold by the plan. */
export interface Closer extends Obstacle {
  /** The Service; undefined for a host. */
  readonly key: string | undefined;
  /** The Service may have the address itself. */
  readonly isForOthersOnly: boolean;
  /** The address leaves the Service. */
  readonly isLeaving?: boolean;
}

/** All addresses in use. While a plan is made it only grows: what a plan releases is free in the next one. */
export interface InUse {
  readonly index: PoolIndex;
  readonly byAddress: Readonly<Record<Family, Map<bigint, Use>>>;
  /** By sharing key, and by the space of the pool that the addresses are in. */
  readonly sharers: Map<string, Map<PoolSpace, Sharers>>;
  /** Those whose `joinable` this plan has filled. */
  readonly searched: Set<Sharers>;
}

/** The uses in one pool and family with one sharing key, in the order of search. */
interface Sharers {
  readonly uses: Use[];
  /** How many of these uses have a port. */
  readonly ports: Map<string, number>;
  /**
   * The uses that may still be joined, by what joins (backend and ports): those from `from` on. While a plan is made a use
   * only fills up, so one that refused is not tried again: otherwise the cost of many Services with equal ports and one key
   * would be quadratic.
   */
  readonly joinable: Map<string, Joinable>;
  /** The same among the uses that a namespace has, by namespace; forgotten where it gets another one. */
  readonly joinableIn: Map<string, Map<string, Joinable>>;
}

interface Joinable {
  readonly uses: Use[];
  from: number;
}

/** Why a Service may not have an address: who has it, and what forbids sharing. */
export interface Obstacle {
  readonly holder: string;
  readonly why: string;
  /** A host, which cannot release the address as a Service can. */
  readonly isHost?: boolean;
}

export function noneInUse(index: PoolIndex): InUse {
  return { index, byAddress: { ipv4: new Map(), ipv6: new Map() }, sharers: new Map(), searched: new Set() };
}

/** Undefined if the Service may have the address: it is free, or every rule of sharing holds. */
export function obstacleTo(inUse: InUse, ip: Ip, service: Service): Obstacle | undefined {
  const use = inUse.byAddress[ip.family].get(ip.value);
  return use && obstacleToJoin(use, service);
}

function obstacleToJoin(use: Use, service: Service): Obstacle | undefined {
  const closer = use.closers.find(({ key, isForOthersOnly }) => !isForOthersOnly || key !== service.key);
  const [holder] = use.holders;
  // What keeps the others off is said of the Service of which it is so, also where another one has the address.
  if (closer !== undefined)
    return closer.key === undefined || closer.isForOthersOnly
      ? closer
      : { holder: holder ?? closer.holder, why: closer.why };
  // Only the Service itself keeps others off.
  if (holder === undefined) return undefined;
  const { ports } = use;
  if (service.sharingKey === "" || ports === undefined)
    return { holder, why: "they do not share: both need the same sharing key" };
  if (service.sharingKey !== use.sharingKey)
    return { holder, why: `their sharing keys differ ("${use.sharingKey}" and "${service.sharingKey}")` };
  if (backendOf(service) !== use.backend)
    return { holder, why: "with externalTrafficPolicy Local both must be Local and have the same selector" };
  const clash = portsOf(service).find((port) => ports.has(port));
  return clash === undefined ? undefined : { holder: ports.get(clash) ?? holder, why: `both use the port ${clash}` };
}

/** Gives the address to the Service, alone or beside those that share it; `obstacleTo` allowed it before. */
export function hold(inUse: InUse, ip: Ip, service: Service): void {
  const { key, namespace } = service;
  const use = inUse.byAddress[ip.family].get(ip.value) ?? beginUse(inUse, ip, service);
  countNamespace(inUse, use, namespace);
  countAssigned(use, () => use.holders.push(key));
  sharersOf(inUse, use)?.joinableIn.delete(namespace);
  takePorts(inUse, use, service);
}

/** An address is in use from now on, shared by what its first Service shares by. */
function beginUse(inUse: InUse, ip: Ip, service: Service): Use {
  const { sharingKey } = service;
  const ports = sharingKey === "" ? undefined : new Map<string, string>();
  const use = putUse(inUse, ip, { sharingKey, backend: backendOf(service), ports });
  if (sharingKey !== "") indexSharing(inUse, use);
  return use;
}

function putUse({ index, byAddress }: InUse, ip: Ip, terms: Pick<Use, "sharingKey" | "backend" | "ports">): Use {
  const use: Use = { ip, place: findPlace(index, ip), holders: [], closers: [], ...terms };
  byAddress[ip.family].set(ip.value, use);
  return use;
}

/** Counts the address in its pool where a change makes it one that a Service has. */
function countAssigned(use: Use, change: () => void): void {
  const before = isAssigned(use);
  change();
  if (!before && use.place !== undefined && isAssigned(use)) use.place.space.assigned++;
}

/** Whether a Service has the address, or is leaving it. */
function isAssigned({ holders, closers }: Use): boolean {
  return holders.length > 0 || closers.some(({ isLeaving }) => isLeaving === true);
}

/** Before a Service of the namespace joins the holders: an address counts once for each namespace. */
function countNamespace({ index }: InUse, { place, holders }: Use, namespace: string): void {
  const shares = place?.space.shares;
  if (shares === undefined || holders.some((key) => namespaceOf(key) === namespace)) return;
  index.counted.changes++;
  countHeld(shares, namespace, 1);
}

function uncountNamespaces({ ip, place, holders, closers }: Use): void {
  const shares = place?.space.shares;
  if (shares === undefined) return;
  for (const namespace of new Set(holders.map(namespaceOf))) countHeld(shares, namespace, -1);
  for (const { key, isLeaving } of closers)
    if (isLeaving === true && key !== undefined) countLeaving(shares, { family: ip.family, key }, -1);
}

/** Whether a Service of the namespace, other than the one named, has the address and does not give it up in this plan. */
export function isHeldIn(inUse: InUse, ip: Ip, { namespace, except }: { namespace: string; except?: string }): boolean {
  const { holders = [], leavers = [] } = inUse.byAddress[ip.family].get(ip.value) ?? {};
  return holders.some((key) => key !== except && namespaceOf(key) === namespace && !leavers.includes(key));
}

/** A Service that holds the address gives it up: another one of its namespace that joins it has it for itself. */
export function leave(inUse: InUse, ip: Ip, { key, namespace }: Service): void {
  const use = inUse.byAddress[ip.family].get(ip.value);
  if (use === undefined) return;
  use.leavers = [...(use.leavers ?? []), key];
  sharersOf(inUse, use)?.joinableIn.delete(namespace);
}

function takePorts(inUse: InUse, use: Use, service: Service): void {
  if (use.ports === undefined) return;
  const sharers = sharersOf(inUse, use);
  for (const port of portsOf(service)) {
    if (!use.ports.has(port)) sharers?.ports.set(port, (sharers.ports.get(port) ?? 0) + 1);
    use.ports.set(port, service.key);
  }
}

/** Keeps Services off an address, for the reason given; those that hold it already keep it. */
export function block(inUse: InUse, ip: Ip, closer: Closer): void {
  const known = inUse.byAddress[ip.family].get(ip.value);
  const use = known ?? putUse(inUse, ip, { sharingKey: "", backend: "", ports: undefined });
  countAssigned(use, () => use.closers.push(closer));
  const { key, isLeaving } = closer;
  const shares = use.place?.space.shares;
  if (isLeaving === true && key !== undefined && shares !== undefined)
    countLeaving(shares, { family: ip.family, key }, 1);
}

/**
 * Takes an address from all Services that have it and from all that keep others off it: each of them has to be asked
 * again. Returns false if it was not in use.
 */
export function vacate(inUse: InUse, ip: Ip): boolean {
  const uses = inUse.byAddress[ip.family];
  const use = uses.get(ip.value);
  if (use === undefined) return false;
  uses.delete(ip.value);
  if (use.place !== undefined && isAssigned(use)) use.place.space.assigned--;
  uncountNamespaces(use);
  const sharers = sharersOf(inUse, use);
  if (sharers === undefined) return true;
  sharers.uses.splice(positionIn(sharers.uses, use), 1);
  for (const port of use.ports?.keys() ?? []) sharers.ports.set(port, (sharers.ports.get(port) ?? 1) - 1);
  if (sharers.uses.length === 0) forgetSharers(inUse, use);
  return true;
}

/** Begins another plan: what could not be joined may be joined now. */
export function forgetSearches(inUse: InUse): void {
  for (const { joinable, joinableIn } of inUse.searched) {
    joinable.clear();
    joinableIn.clear();
  }
  inUse.searched.clear();
}

/** The keys of the Services that have the address, or keep others off it. */
export function claimantsOf(inUse: InUse, ip: Ip): readonly string[] {
  const use = inUse.byAddress[ip.family].get(ip.value);
  if (use === undefined || use.closers.length === 0) return use?.holders ?? [];
  return [...use.holders, ...use.closers.flatMap(({ key }) => key ?? [])];
}

function sharersOf(inUse: InUse, { ip, place, sharingKey }: Use): Sharers | undefined {
  return place !== undefined && isOpen(inUse.index, ip) ? inUse.sharers.get(sharingKey)?.get(place.space) : undefined;
}

function forgetSharers({ sharers }: InUse, { place, sharingKey }: Use): void {
  const bySpace = sharers.get(sharingKey);
  if (place === undefined || bySpace === undefined) return;
  bySpace.delete(place.space);
  if (bySpace.size === 0) sharers.delete(sharingKey);
}

function indexSharing(inUse: InUse, use: Use): void {
  const { place, sharingKey } = use;
  // No Service is given it, so none joins it.
  if (place === undefined || !isOpen(inUse.index, use.ip)) return;
  let bySpace = inUse.sharers.get(sharingKey);
  if (bySpace === undefined) inUse.sharers.set(sharingKey, (bySpace = new Map()));
  let sharers = bySpace.get(place.space);
  if (sharers === undefined)
    bySpace.set(place.space, (sharers = { uses: [], ports: new Map(), joinable: new Map(), joinableIn: new Map() }));
  sharers.uses.splice(positionIn(sharers.uses, use), 0, use);
  for (const joinable of sharers.joinable.values()) {
    const position = positionIn(joinable.uses, use);
    joinable.uses.splice(position, 0, use);
    joinable.from = Math.min(joinable.from, position);
  }
}

/** The first position in a list in the order of search whose address is not before the one of `use`. */
function positionIn(uses: readonly Use[], use: Use): number {
  return lowerBound(uses, (one) => isBefore(one, use));
}

function isBefore(left: Use, right: Use): boolean {
  const [leftRange, rightRange] = [left.place?.range ?? 0, right.place?.range ?? 0];
  return leftRange === rightRange ? left.ip.value < right.ip.value : leftRange < rightRange;
}

/** The first address of the space that the Service may share with those that have it; undefined if there is none. */
export function firstShared(inUse: InUse, space: PoolSpace, service: Service): Ip | undefined {
  const sharers = inUse.sharers.get(service.sharingKey)?.get(space);
  if (sharers === undefined) return undefined;
  const ports = portsOf(service);
  if (ports.some((port) => sharers.ports.get(port) === sharers.uses.length)) return undefined;
  const joins = joinsOf(service);
  let joinable = sharers.joinable.get(joins);
  if (joinable === undefined) {
    sharers.joinable.set(joins, (joinable = { uses: [...sharers.uses], from: 0 }));
    inUse.searched.add(sharers);
  }
  return firstJoinable(joinable, service);
}

/** What decides, beside the sharing key, which addresses a Service can join. */
export function joinsOf(service: Service): string {
  const unwanted = service.addressesToRelease.map(printIp);
  return JSON.stringify([backendOf(service), ...portsOf(service).sort(), ...unwanted]);
}

function firstJoinable(joinable: Joinable, service: Service): Ip | undefined {
  for (; joinable.from < joinable.uses.length; joinable.from++) {
    const use = joinable.uses[joinable.from];
    if (use === undefined || isToRelease(service, use.ip)) continue;
    if (obstacleToJoin(use, service) === undefined) return use.ip;
  }
  return undefined;
}

/** As `firstShared`, among the addresses that Services of its namespace have. */
export function firstSharedInNamespace(inUse: InUse, space: PoolSpace, service: Service): Ip | undefined {
  const sharers = inUse.sharers.get(service.sharingKey)?.get(space);
  if (sharers === undefined) return undefined;
  const { namespace } = service;
  const joins = joinsOf(service);
  let ofNamespace = sharers.joinableIn.get(namespace);
  if (ofNamespace === undefined) sharers.joinableIn.set(namespace, (ofNamespace = new Map()));
  let joinable = ofNamespace.get(joins);
  if (joinable === undefined) {
    const uses = sharers.uses.filter(({ ip }) => isHeldIn(inUse, ip, { namespace }));
    ofNamespace.set(joins, (joinable = { uses, from: 0 }));
    inUse.searched.add(sharers);
  }
  return firstJoinable(joinable, service);
}
