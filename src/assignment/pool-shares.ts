import type { Family, Ip } from "#src/ip/address.ts";

/** What the namespaces have of a pool that has a quota for each of them: of both families together. */
export interface PoolShares {
  /** By namespace, how many addresses its Services have. */
  readonly held: Map<string, number>;
  /** By namespace, the resting addresses that one of its Services had last, what rests longest first. */
  readonly kept: Map<string, Ip[]>;
  /** How many addresses leave a Service, by its family and key. */
  readonly leaving: Map<string, number>;
  /** By namespace, how many of those that leave its Services count: of each Service and family all but one. */
  readonly leavingCounted: Map<string, number>;
}

export function noShares(): PoolShares {
  return { held: new Map(), kept: new Map(), leaving: new Map(), leavingCounted: new Map() };
}

/** The namespace of a Service, by its key. */
export function namespaceOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf("/")));
}

/** Counts an address that a namespace has from now on (1), or no longer (-1). */
export function countHeld({ held }: PoolShares, namespace: string, by: 1 | -1): void {
  add(held, namespace, by);
}

/** Counts an address that leaves a Service from now on (1), or no longer (-1). */
export function countLeaving(shares: PoolShares, { family, key }: { family: Family; key: string }, by: 1 | -1): void {
  const before = leavingOf(shares, { family, key });
  add(shares.leaving, `${family} ${key}`, by);
  if (Math.max(before, before + by) > 1) add(shares.leavingCounted, namespaceOf(key), by);
}

/** How many addresses of the family leave the Service. */
export function leavingOf({ leaving }: PoolShares, { family, key }: { family: Family; key: string }): number {
  return leaving.get(`${family} ${key}`) ?? 0;
}

/** Whether an address leaves a Service of the namespace. */
export function hasLeaving({ leaving }: PoolShares, namespace: string): boolean {
  return [...leaving.keys()].some((name) => namespaceOf(name.slice(name.indexOf(" ") + 1)) === namespace);
}

/** What is kept for Services of the namespace, without these addresses: what rests longest first. */
export function keptFor({ kept }: PoolShares, namespace: string, isTaken: (ip: Ip) => boolean): readonly Ip[] {
  return (kept.get(namespace) ?? []).filter((ip) => !isTaken(ip));
}

/** Notes a resting address that a Service of the namespace had last; those that rest longer come before it. */
export function keep({ kept }: PoolShares, namespace: string, ip: Ip): void {
  const known = kept.get(namespace);
  if (known === undefined) kept.set(namespace, [ip]);
  else known.push(ip);
}

function add(counts: Map<string, number>, name: string, by: 1 | -1): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
