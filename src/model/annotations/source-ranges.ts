import type { NetworkSet } from "#src/model/network-set.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { INSTEAD } from "./instead.ts";
import { parseNetworkSet } from "./parse-network-set.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { restrictedBy } from "./restricted-by.ts";

const parse = restrictedBy(
  parseNetworkSet,
  'Write networks and addresses with commas between them, such as "10.0.0.0/8,2001:db8::1"',
);

export const ALLOWLIST_SOURCE_RANGE: ServedAnnotation<NetworkSet> = {
  names: ["allowlist-source-range", "whitelist-source-range"],
  doc: "Networks and addresses, with commas, whose clients may come in; all others get 403. A client's address is that of its connection",
  served: { prefixes: OWN_PREFIXES, parse },
  risks: [{ effect: "restriction", asks: ASKS.leavesOut }],
  instead: INSTEAD.allow,
};

export const DENYLIST_SOURCE_RANGE: ServedAnnotation<NetworkSet> = {
  names: ["denylist-source-range"],
  doc: "Networks and addresses, with commas, whose clients get 403, also where the other list has them",
  served: { prefixes: OWN_PREFIXES, parse },
  risks: [{ effect: "restriction" }],
  instead: INSTEAD.deny,
};
