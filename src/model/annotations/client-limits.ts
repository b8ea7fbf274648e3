import type { NetworkSet } from "#src/model/network-set.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { INSTEAD } from "./instead.ts";
import { parseCount } from "./parse-count.ts";
import { parseNetworkSet } from "./parse-network-set.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { restrictedBy } from "./restricted-by.ts";
import { tunedBy } from "./tuned-by.ts";

const count = restrictedBy(parseCount, 'Write a whole number, or "0" for no limit');
const risks = [{ effect: "restriction", asks: ASKS.notZero }] as const;
const instead = INSTEAD.rate;

const LIMIT_RPS: ServedAnnotation<number> = {
  names: ["limit-rps"],
  doc: "How many requests in a second one client address may make; 5 times as many at once. Beyond: 503. Each replica counts for itself",
  served: { prefixes: OWN_PREFIXES, parse: count },
  risks,
  instead,
};

const LIMIT_RPM: ServedAnnotation<number> = {
  names: ["limit-rpm"],
  doc: "How many requests in a minute, as `limit-rps`; where both are written, both count",
  served: { prefixes: OWN_PREFIXES, parse: count },
  risks,
  instead,
};

const LIMIT_CONNECTIONS: ServedAnnotation<number> = {
  names: ["limit-connections"],
  doc: "How many requests one client address may have open at once. Beyond: 503",
  served: { prefixes: OWN_PREFIXES, parse: count },
  risks,
  instead,
};

const LIMIT_BURST_MULTIPLIER: ServedAnnotation<number> = {
  names: ["limit-burst-multiplier"],
  doc: "How many times the rate may come at once. Left out: 5",
  served: { prefixes: OWN_PREFIXES, parse: tunedBy(parseCount, 'Write a whole number such as "5"') },
};

const LIMIT_ALLOWLIST: ServedAnnotation<NetworkSet> = {
  names: ["limit-allowlist", "limit-whitelist"],
  doc: "Networks and addresses, with commas, whose clients have none of these limits",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy(parseNetworkSet, 'Write networks and addresses with commas between them, such as "10.0.0.0/8"'),
  },
};

/** How much one client may ask, by the names that their values have in the program. */
export const CLIENT_LIMITS = {
  requestsPerSecond: LIMIT_RPS,
  requestsPerMinute: LIMIT_RPM,
  clientConnections: LIMIT_CONNECTIONS,
  burstMultiplier: LIMIT_BURST_MULTIPLIER,
  unlimitedSources: LIMIT_ALLOWLIST,
} as const;
