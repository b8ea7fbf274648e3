import type { Family, Ip } from "#src/ip/address.ts";
import type { IpRange } from "#src/ip/range.ts";
import type { Service } from "#src/model/service.ts";
import { backendOf, portsOf } from "./sharing.ts";

/** An address in use, and what a Service needs to join it. */
interface Use {
  readonly ip: Ip;
  /** Keys of the Services that have it, oldest first. */
  readonly holders: string[];
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
}

/** All addresses in use. While a plan is made it only grows: what a plan releases is free in the next one. */
export interface InUse {
  readonly byAddress: Readonly<Record<Family, Map<bigint, Use>>>;
  /** By family and sharing key. */
  readonly sharers: Map<string, Sharers>;
  /** Those whose `joinable` this plan has filled. */
  readonly searched: Set<Sharers>;
}

/** The uses with one sharing key in one family, lowest address first. */
interface Sharers {
  readonly uses: Use[];
  /**
   * The uses that may still be joined, by what joins (backend and ports). While a plan is made a use only fills up, so one
   * that refused is never tried again: otherwise the cost of many Services with equal ports and one key would be quadratic.
   */
  readonly joinable: Map<string, Use[]>;
}

/** Why a Service may not have an address: who has it, and what forbids sharing. */
export interface Obstacle {
  readonly holder: string;
  readonly why: string;
  /** A host, which cannot release the address as a Service can. */
  readonly isHost?: boolean;
}

export function noneInUse(): InUse {
  return { byAddress: { ipv4: new Map(), ipv6: new Map() }, sharers: new Map(), searched: new Set() };
}

/** Undefined if the Service may have the address: it is free, or every rule of sharing holds. */
export function obstacleTo(inUse: InUse, ip: Ip, service: Service): Obstacle | undefined {
  const use = inUse.byAddress[ip.family].get(ip.value);
  return use && obstacleToJoin(use, service);
}

function obstacleToJoin(use: Use, service: Service): Obstacle | undefined {
  const closer = use.closers.find(({ key, isForOthersOnly }) => !isForOthersOnly || key !== service.key);
  const [holder] = use.holders;
  if (closer !== undefined)
    return closer.key === undefined ? closer : { holder: holder ?? closer.holder, why: closer.why };
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
  const { key, sharingKey } = service;
  const use = inUse.byAddress[ip.family].get(ip.value);
  if (use !== undefined) {
    use.holders.push(key);
    for (const port of portsOf(service)) use.ports?.set(port, key);
    return;
  }
  const ports = sharingKey === "" ? undefined : new Map(portsOf(service).map((port) => [port, key]));
  const backend = backendOf(service);
  const fresh: Use = { ip, holders: [key], closers: [], sharingKey, backend, ports };
  inUse.byAddress[ip.family].set(ip.value, fresh);
  if (sharingKey !== "") indexSharing(inUse, fresh);
}

/** Keeps Services off an address, for the reason given; those that hold it already keep it. */
export function block(inUse: InUse, ip: Ip, closer: Closer): void {
  let use = inUse.byAddress[ip.family].get(ip.value);
  if (use === undefined) {
    use = { ip, holders: [], closers: [], sharingKey: "", backend: "", ports: undefined };
    inUse.byAddress[ip.family].set(ip.value, use);
  }
  use.closers.push(closer);
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
  if (use.sharingKey === "") return true;
  const key = sharersKey(use);
  const sharers = inUse.sharers.get(key);
  sharers?.uses.splice(placeOf(sharers.uses, ip.value), 1);
  if (sharers?.uses.length === 0) inUse.sharers.delete(key);
  return true;
}

/** Begins another plan: what could not be joined may be joined now. */
export function forgetSearches(inUse: InUse): void {
  for (const { joinable } of inUse.searched) joinable.clear();
  inUse.searched.clear();
}

/** The keys of the Services that have the address, or keep others off it. */
export function claimantsOf(inUse: InUse, ip: Ip): readonly string[] {
  const use = inUse.byAddress[ip.family].get(ip.value);
  if (use === undefined || use.closers.length === 0) return use?.holders ?? [];
  return [...use.holders, ...use.closers.flatMap(({ key }) => key ?? [])];
}

function sharersKey({ ip, sharingKey }: Use): string {
  return `${ip.family} ${sharingKey}`;
}

function indexSharing(inUse: InUse, use: Use): void {
  const key = sharersKey(use);
  let sharers = inUse.sharers.get(key);
  if (sharers === undefined) inUse.sharers.set(key, (sharers = { uses: [], joinable: new Map() }));
  for (const sorted of [sharers.uses, ...sharers.joinable.values()])
    sorted.splice(placeOf(sorted, use.ip.value), 0, use);
}

/** The first place in a list sorted by address whose address is not below `value`. */
function placeOf(sorted: readonly Use[], value: bigint): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.ip.value ?? value) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The lowest address in the range that the Service may share with those that have it; undefined if there is none. */
export function lowestShared(inUse: InUse, range: IpRange, service: Service): Ip | undefined {
  const sharers = inUse.sharers.get(`${range.family} ${service.sharingKey}`);
  if (sharers === undefined) return undefined;
  const joins = JSON.stringify([backendOf(service), ...portsOf(service).sort()]);
  let joinable = sharers.joinable.get(joins);
  if (joinable === undefined) {
    sharers.joinable.set(joins, (joinable = [...sharers.uses]));
    inUse.searched.add(sharers);
  }
  const place = placeOf(joinable, range.first);
  for (let use = joinable[place]; use !== undefined && use.ip.value <= range.last; use = joinable[place]) {
    if (obstacleToJoin(use, service) === undefined) return use.ip;
    joinable.splice(place, 1);
  }
  return undefined;
}
