import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { RecentMap } from "#src/collections/recent-map.ts";

interface FoundAddress {
  readonly address: string;
  readonly family: number;
}

export interface HostResolverOptions {
  /** All addresses of a name; rejects where there are none. */
  readonly resolve: (host: string) => Promise<readonly FoundAddress[]>;
  readonly isReachable: (address: string) => boolean;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
}

/** Names whose addresses are kept, and for how long: a question for each request must not be one to DNS too. */
const MAX_HOSTS = 256;
const KEPT_MS = 5_000;

/** Looks names up for connections, and leaves out the addresses that may not be asked: checked is what is connected to. */
export function hostResolver({ resolve, isReachable, clockMs }: HostResolverOptions): LookupFunction {
  const known = new RecentMap<{ readonly addresses: Promise<readonly FoundAddress[]>; readonly untilMs: number }>(
    MAX_HOSTS,
  );

  function find(host: string): Promise<readonly FoundAddress[]> {
    const kept = known.get(host);
    if (kept !== undefined && clockMs() < kept.untilMs) return kept.addresses;
    const addresses = resolve(host);
    // A name that DNS is slow to find is looked up once at a time: the lookups of the system are few, and all names share them.
    known.set(host, { addresses, untilMs: Infinity });
    addresses.then(
      () => known.set(host, { addresses, untilMs: clockMs() + KEPT_MS }),
      () => known.delete(host),
    );
    return addresses;
  }

  async function answer(...[host, { all }, done]: Parameters<LookupFunction>): Promise<void> {
    try {
      const found = await find(host);
      const reachable = found.filter(({ address }) => isReachable(address));
      const [first] = reachable;
      if (first === undefined) done(new Error(`${host} has no address that may be asked`), "", 0);
      else if (all === true) done(null, reachable);
      else done(null, first.address, first.family);
    } catch (error) {
      done(error as NodeJS.ErrnoException, "", 0);
    }
  }

  return (host, options, done) => void answer(host, options, done);
}

/** Asks the system, as programs do: its search domains and its hosts file count. */
export function systemLookup(host: string): Promise<readonly FoundAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });
}
