import { Resolver } from "node:dns/promises";

/** The addresses of a name, of one family: IPv4 where it has any. None: the name does not exist, or has no addresses. */
export interface ResolvedName {
  readonly addresses: readonly string[];
  /** For how long DNS says that they count; of a name without addresses, for how long that is believed. */
  readonly ttlMs: number;
}

/** Asks the servers of the system for a name and its TTL. Rejects where none of them knows, which says nothing about the name. */
export type ResolveByTtl = (name: string) => Promise<ResolvedName>;

const QUERY_MS = 2_000;
const QUERY_TRIES = 2;
/** More than these are left out. */
const MAX_ADDRESSES = 64;
/** How soon a name that has no address is asked for again. */
const WITHOUT_ADDRESS_MS = 5_000;
/** What a server says that has nothing of the kind: it is an answer. */
const NOTHING = new Set(["ENOTFOUND", "ENODATA"]);

/** A client of DNS. `servers`: `address:port` in place of those of the system. */
export function resolverByTtl(servers?: readonly string[]): ResolveByTtl {
  const resolver = new Resolver({ timeout: QUERY_MS, tries: QUERY_TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  return async (name) => {
    const [ipv4, ipv6] = await Promise.all([
      answered(resolver.resolve4(name, { ttl: true })),
      answered(resolver.resolve6(name, { ttl: true })),
    ]);
    const records = ipv4.length > 0 ? ipv4 : ipv6;
    if (records.length === 0) return { addresses: [], ttlMs: WITHOUT_ADDRESS_MS };
    return {
      addresses: records.slice(0, MAX_ADDRESSES).map(({ address }) => address),
      ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1_000,
    };
  };
}

async function answered<T>(records: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await records;
  } catch (error) {
    if (NOTHING.has((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
