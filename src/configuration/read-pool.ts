import type { Layer2Advertisement } from "#src/model/advertisement.ts";
import { child, complain, complainMissing, type Field, isUnset, quote, readList, readMap } from "#src/model/field.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";
import { readLabelSelectors } from "#src/model/read-label-selectors.ts";
import { readPreferredNodes } from "#src/model/read-preferred-nodes.ts";
import { PLAIN_POOL, type Pool, type UnservedPool } from "#src/model/pool.ts";
import { type PlacedRange, readPoolRange } from "#src/model/pool-range.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import type { PlacedAdvertisement } from "./bgp-parts.ts";
import { readBgpAdvertisements } from "./read-bgp-advertisements.ts";
import { poolName } from "./pool-names.ts";
import { POLICY_KEYS, readPoolPolicy } from "./read-pool-policy.ts";
import { readInterfaces } from "./read-interfaces.ts";
import { readYaml11Boolean } from "./read-yaml11-boolean.ts";

const POOL_KEYS = [
  "name",
  "protocol",
  "addresses",
  "auto-assign",
  "avoid-buggy-ips",
  "node-selectors",
  "interfaces",
  "preferred-nodes",
  ...POLICY_KEYS,
  "bgp-advertisements",
];
/** Names from before MetalLB 0.6. */
const OLD_POOL_KEYS = new Map([["cidr", "addresses"]]);

/** What a pool may refer to, of other parts of the configuration. */
export interface PoolContext {
  /** BGP communities by alias. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** A pool as far as it could be read; whether it can be used is decided over all of them. */
export interface ReadPool {
  readonly name: Field;
  readonly protocol: Field;
  readonly ranges: readonly PlacedRange[];
  readonly policy: ReturnType<typeof readPoolPolicy>;
  readonly autoAssign: boolean;
  readonly avoidBuggyIps: boolean;
  /** None: all nodes. */
  readonly nodeSelectors: readonly LabelSelector[];
  readonly interfaces: readonly string[];
  readonly preferredNodes: Layer2Advertisement["preferredNodes"];
  /** None for a pool of layer2. */
  readonly bgpAdvertisements: ReturnType<typeof readBgpAdvertisements>;
}

/** Reads an entry of `address-pools`; undefined, with a Problem, where it is not a map. */
export function readPool(field: Field, { aliases }: PoolContext): ReadPool | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the pool, or remove the dash");
  if (!readMap(field)) return undefined;
  const [name, protocol] = [child(field, "name"), child(field, "protocol")];
  rejectUnknownKeys(field, POOL_KEYS, OLD_POOL_KEYS);
  const bgpAdvertisements = child(field, "bgp-advertisements");
  checkProtocol(protocol, bgpAdvertisements);
  const addresses = child(field, "addresses");
  const ranges = readList(addresses).flatMap((address) => readPoolRange(address) ?? []);
  if (isUnset(addresses) || (Array.isArray(addresses.value) && addresses.value.length === 0))
    complain(addresses, "POOL_WITHOUT_ADDRESSES", {
      what: isUnset(name) ? "Cannot use the pool" : `Cannot use pool ${quote(name.value)}`,
      why: "it has no addresses",
      fix: 'Write at least one CIDR or range, such as "192.0.2.10-192.0.2.20"',
    });
  return {
    name,
    protocol,
    ranges,
    policy: readPoolPolicy(
      field,
      ranges.map(({ range }) => range),
    ),
    autoAssign: readYaml11Boolean(child(field, "auto-assign")) ?? PLAIN_POOL.autoAssign,
    avoidBuggyIps: readYaml11Boolean(child(field, "avoid-buggy-ips")) ?? PLAIN_POOL.avoidBuggyIps,
    nodeSelectors: readLabelSelectors(child(field, "node-selectors")),
    interfaces: readInterfaces(child(field, "interfaces")),
    preferredNodes: readPreferredNodes(child(field, "preferred-nodes")),
    bgpAdvertisements: protocol.value === "bgp" ? readBgpAdvertisements(bgpAdvertisements, { ranges, aliases }) : [],
  };
}

function checkProtocol(protocol: Field, bgpAdvertisements: Field): void {
  const { value } = protocol;
  const fix = "Write protocol: layer2";
  if (isUnset(protocol))
    complain(protocol, "POOL_PROTOCOL_MISSING", { what: "Cannot use the pool", why: "it has no protocol", fix });
  else if (value !== "layer2" && value !== "bgp")
    complain(protocol, "POOL_PROTOCOL_UNKNOWN", {
      what: `Cannot use protocol ${quote(value)}`,
      why: "pools are announced by layer2 (ARP and NDP)",
      fix,
    });
  else if (value === "layer2" && Array.isArray(bgpAdvertisements.value) && bgpAdvertisements.value.length === 0)
    complain(bgpAdvertisements, "BGP_NOT_SERVED", {
      what: "Ignored the empty list",
      why: "this pool is a layer2 one",
      fix: "Remove it",
      severity: "warning",
    });
  else if (value === "layer2" && !isUnset(bgpAdvertisements))
    complain(bgpAdvertisements, "CONFIG_UNKNOWN_KEY", {
      what: 'Cannot use "bgp-advertisements"',
      why: "this pool is a layer2 one",
      fix: "Remove it",
    });
}

/** The pool, and the advertisement of the same name that says which nodes announce it; neither for a pool of BGP. */
export function layer2PoolOf(read: ReadPool): { readonly pool: Pool; readonly advertisement: Layer2Advertisement }[] {
  const name = poolName(read.name);
  if (name === undefined || read.protocol.value !== "layer2") return [];
  const { policy, autoAssign, avoidBuggyIps, ranges, nodeSelectors, interfaces, preferredNodes } = read;
  const pool = { ...policy, name, ranges: ranges.map(({ range }) => range), autoAssign, avoidBuggyIps };
  const rule = { nodeSelectors, serviceSelectors: [], interfaces, preferredNodes };
  return [{ pool, advertisement: { kind: "layer2", name, pools: [name], ...rule } }];
}

/** What is known of a pool of BGP; nothing for one of layer2. */
export function unservedPoolOf({ name: field, protocol, ranges }: ReadPool): UnservedPool[] {
  const name = poolName(field);
  if (name === undefined || protocol.value !== "bgp") return [];
  return [{ name, ranges: ranges.map(({ range }) => range), why: "bgp" }];
}

/** The advertisements of a pool of BGP; none for one of layer2. */
export function bgpAdvertisementsOf({ name: of, bgpAdvertisements, nodeSelectors }: ReadPool): PlacedAdvertisement[] {
  const pool = poolName(of);
  if (pool === undefined) return [];
  return bgpAdvertisements.map(({ attributes, field }, index) => {
    const name = index === 0 ? pool : `${pool}-${index + 1}`;
    const rule = { kind: "bgp", name, pools: [pool], nodeSelectors, serviceSelectors: [], peers: [] } as const;
    return { rule: { ...rule, ...attributes }, title: field.path, field };
  });
}
