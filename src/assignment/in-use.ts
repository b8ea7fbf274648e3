import type { Family, Ip } from "#src/ip/address.ts";
import type { IpRange } from "#src/ip/range.ts";
import type { Service } from "#src/model/service.ts";
import { backendOf, portsOf } from "./sharing.ts";

/** An address in use, and what a Service needs to join it. */
interface Use {
  readonly ip: Ip;
  /** Keys of the Services that have it, oldest first. */
  readonly holders: string[];
  readonly sharingKey: string;
  readonly backend: string;
  /** Each port in use, and the Service that uses it. */
  readonly ports: Map<string, string>;
  /** Why nobody may join: it is a Node's, or a holder cannot be read, is of another class, or is giving it up. */
  closed: string | undefined;
}

/** All addresses in use. It only grows while a plan is made: what a plan releases is free in the next one. */
export interface InUse {
  readonly byAddress: Readonly<Record<Family, Map<bigint, Use>>>;
  /** By family and sharing key. */
  readonly sharers: Map<string, Sharers>;
}

/** The uses with one sharing key in one family, lowest address first. */
interface Sharers {
  readonly uses: Use[];
  /**
   * Those that may still be joined, by what joins (backend and ports). A use only fills up while a plan is made, so one
   * that refused is never tried again: without that, many Services with equal ports and one key cost their square.
   */
  readonly joinable: Map<string, Use[]>;
}

/** Why a Service may not have an address: who has it, and what forbids sharing. */
export interface Refusal {
  readonly holder: string;
  readonly why: string;
}

export function noneInUse(): InUse {
  return { byAddress: { ipv4: new Map(), ipv6: new Map() }, sharers: new Map() };
}

/** Undefined if the Service may have the address: it is free, or every rule of sharing holds. */
export function refusalOf(inUse: InUse, ip: Ip, service: Service): Refusal | undefined {
  const use = inUse.byAddress[ip.family].get(ip.value);
  return use && refusalToJoin(use, service);
}

function refusalToJoin(use: Use, service: Service): Refusal | undefined {
  const [holder = ""] = use.holders;
  if (use.closed !== undefined) return { holder, why: use.closed };
  if (service.sharingKey === "" || use.sharingKey === "")
    return { holder, why: "they do not share: both need the same sharing key" };
  if (service.sharingKey !== use.sharingKey)
    return { holder, why: `their sharing keys differ ("${use.sharingKey}" and "${service.sharingKey}")` };
  if (backendOf(service) !== use.backend)
    return { holder, why: "with externalTrafficPolicy Local both must be Local and have the same selector" };
  const clash = portsOf(service).find((port) => use.ports.has(port));
  return clash === undefined
    ? undefined
    : { holder: use.ports.get(clash) ?? holder, why: `both use the port ${clash}` };
}

/** Gives the address to the Service, alone or beside those that share it; `refusalOf` allowed it before. */
export function hold(inUse: InUse, ip: Ip, service: Service): void {
  const use = inUse.byAddress[ip.family].get(ip.value);
  if (use !== undefined) {
    use.holders.push(service.key);
    for (const port of portsOf(service)) use.ports.set(port, service.key);
    return;
  }
  const fresh: Use = {
    ip,
    holders: [service.key],
    sharingKey: service.sharingKey,
    backend: backendOf(service),
    ports: new Map(portsOf(service).map((port) => [port, service.key])),
    closed: undefined,
  };
  inUse.byAddress[ip.family].set(ip.value, fresh);
  if (service.sharingKey !== "") indexSharing(inUse, fresh);
}

/** Keeps everybody off an address, for the reason given; who has it already, keeps it. */
export function block(inUse: InUse, ip: Ip, { holder, why }: Refusal): void {
  const use = inUse.byAddress[ip.family].get(ip.value);
  if (use !== undefined) use.closed = why;
  else {
    const blocked = {
      ip,
      holders: [holder],
      sharingKey: "",
      backend: "",
      ports: new Map<string, string>(),
      closed: why,
    };
    inUse.byAddress[ip.family].set(ip.value, blocked);
  }
}

function indexSharing(inUse: InUse, use: Use): void {
  const key = `${use.ip.family} ${use.sharingKey}`;
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

/** The lowest address in the range that the Service may share with who has it; undefined if there is none. */
export function lowestShared(inUse: InUse, range: IpRange, service: Service): Ip | undefined {
  const sharers = inUse.sharers.get(`${range.family} ${service.sharingKey}`);
  if (sharers === undefined) return undefined;
  const joins = JSON.stringify([backendOf(service), ...portsOf(service).sort()]);
  let joinable = sharers.joinable.get(joins);
  if (joinable === undefined) sharers.joinable.set(joins, (joinable = [...sharers.uses]));
  const place = placeOf(joinable, range.first);
  for (let use = joinable[place]; use !== undefined && use.ip.value <= range.last; use = joinable[place]) {
    if (refusalToJoin(use, service) === undefined) return use.ip;
    joinable.splice(place, 1);
  }
  return undefined;
}
