import {
  child,
  complain,
  complainMissing,
  type Field,
  hasError,
  isUnset,
  quote,
  readList,
  readMap,
  spellingOf,
} from "./field.ts";
import { rejectUnknownKeys } from "./unknown-keys.ts";
import { type KubeObject, rootField } from "./object.ts";
import { type NodeSelector, readNodeSelectors } from "./node-selector.ts";
import type { Pool } from "./pool.ts";
import { complainOfOverlaps, type PlacedRange, readPoolRange } from "./pool-range.ts";
import type { Parsed } from "./problem.ts";
import { readYaml, type YamlFault } from "./read-yaml.ts";
import { isRecord } from "./record.ts";
import { lineInText, writtenInText } from "./written-yaml.ts";

/** The configuration, strictly read. */
export interface PoolConfig {
  /** In the order written: the first that can serve a Service does. */
  readonly pools: readonly Pool[];
}

/** Where the configuration is in a cluster: a ConfigMap of this key (`namespace/name`). */
export const CONFIG_MAP_KEY = "hawser-system/hawser";
/** The key under `data` that holds it. */
const DATA_KEY = "config";
/** An API server takes no larger ConfigMap (1 MiB). */
const MAX_CONFIG_LENGTH = 1024 * 1024;
const MAX_POOL_NAME = 253;

/** What the old MetalLB format has beside pools, all of it for BGP. */
const BGP_KEYS = ["peers", "bgp-communities", "bfd-profiles"];
const POOL_KEYS = [
  "name",
  "protocol",
  "addresses",
  "auto-assign",
  "avoid-buggy-ips",
  "node-selectors",
  "bgp-advertisements",
];
/** Names from before MetalLB 0.6. */
const OLD_POOL_KEYS = new Map([["cidr", "addresses"]]);

/**
 * Reads the pools from a ConfigMap, in the format that MetalLB had before its custom resources (up to 0.12): strictly,
 * an unknown key is an error. All or nothing: with any error in it the last good configuration stays in use.
 * Only what is for BGP, which Hawser does not speak, is ignored with a Problem, so that the layer2 pools of an
 * existing file work.
 */
export function parsePoolConfig(configMap: KubeObject): Parsed<PoolConfig> {
  const root = rootField(configMap);
  const { problems } = root;
  const config = readConfigText(root);
  if (config === undefined) return { ok: false, problems };
  if (isUnset(config))
    return hasError(problems) ? { ok: false, problems } : { ok: true, value: { pools: [] }, problems };
  if (!readMap(config)) return { ok: false, problems };
  rejectUnknownKeys(config, ["address-pools", ...BGP_KEYS]);
  const read = readList(child(config, "address-pools")).flatMap((field) => readPool(field) ?? []);
  complainOfNames(read);
  complainOfOverlaps(read.flatMap(({ ranges }) => ranges));
  // What only BGP needs does not make the configuration a bad one, so it is said after the verdict.
  const isBad = hasError(problems);
  for (const key of BGP_KEYS) complainOfBgp(child(config, key));
  for (const { protocol } of read) if (protocol.value === "bgp") complainOfBgpPool(protocol);
  if (isBad) return { ok: false, problems };
  return { ok: true, value: { pools: read.flatMap(poolOf) }, problems };
}

function readConfigText(root: Field): Field | undefined {
  const data = child(root, "data");
  const field = child(data, DATA_KEY);
  const text = field.value;
  if (typeof text !== "string") {
    const fix = isRecord(text)
      ? `Write "${DATA_KEY}: |" so that what follows is one text`
      : `Write the pools as a text under data.${DATA_KEY}`;
    return complain({ ...data, place: field.place }, "CONFIG_TEXT_MISSING", {
      what: `Cannot find the text "${DATA_KEY}"`,
      why: "it holds the pools",
      fix,
    });
  }
  const what = "Cannot read the configuration";
  if (text.length > MAX_CONFIG_LENGTH) {
    const why = `it has ${text.length} characters, and ${MAX_CONFIG_LENGTH} is the limit`;
    return complain(field, "CONFIG_NOT_YAML", { what, why, fix: "Write ranges in place of single addresses" });
  }
  const documents = readYaml(text).filter((document) => !document.ok || !isUnset({ ...field, value: document.value }));
  for (const document of documents) if (!document.ok) complainOfYaml(field, document.faults);
  if (documents.length > 1) {
    const why = `it has ${documents.length} documents, separated by ---`;
    complain(field, "CONFIG_NOT_YAML", { what, why, fix: "Write all pools into one list address-pools" });
  }
  const [document] = documents;
  const content = document?.ok === false ? document.content : document;
  if (document !== undefined && content === undefined) return undefined;
  const place = content && { written: writtenInText(field.place, content.written), keys: [] };
  return { ...field, path: "", object: root.object, value: content?.value, place };
}

function complainOfYaml(field: Field, faults: readonly YamlFault[]): void {
  for (const { line, why, kind } of faults) {
    const code = kind === "duplicate-key" ? "CONFIG_DUPLICATE_KEY" : "CONFIG_NOT_YAML";
    complain({ ...field, path: `${field.path} line ${line}` }, code, {
      what: "Cannot read the configuration",
      why,
      fix: "Fix that line",
      line: lineInText(field.place, line),
    });
  }
}

/** A pool as far as it could be read; whether it can be used is decided over all of them. */
interface ReadPool {
  readonly name: Field;
  readonly protocol: Field;
  readonly ranges: readonly PlacedRange[];
  readonly autoAssign: boolean;
  readonly avoidBuggyIps: boolean;
  /** None: all nodes. */
  readonly nodeSelectors: readonly NodeSelector[];
}

function readPool(field: Field): ReadPool | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the pool, or remove the dash");
  if (!readMap(field)) return undefined;
  const [name, protocol] = [child(field, "name"), child(field, "protocol")];
  rejectUnknownKeys(field, POOL_KEYS, OLD_POOL_KEYS);
  checkProtocol(protocol, child(field, "bgp-advertisements"));
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
    autoAssign: readYaml11Boolean(child(field, "auto-assign")) ?? true,
    avoidBuggyIps: readYaml11Boolean(child(field, "avoid-buggy-ips")) ?? false,
    nodeSelectors: readNodeSelectors(child(field, "node-selectors")),
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

/** True and false in all spellings of YAML 1.1, which existing files are written in. */
function readYaml11Boolean(field: Field): boolean | undefined {
  const { value } = field;
  if (isUnset(field) || typeof value === "boolean") return value as boolean | undefined;
  if (typeof value === "string" && /^(?:y|yes|on)$/i.test(value)) return true;
  if (typeof value === "string" && /^(?:n|no|off)$/i.test(value)) return false;
  return complain(field, "FIELD_WRONG_TYPE", {
    what: `Cannot read ${quote(value)}`,
    why: "it is neither true nor false",
    fix: "Write true or false",
  });
}

/** The name as a text: a number is one too, as it is written (`1.10`, `007`). Undefined where it cannot be used. */
function nameOf({ name }: ReadPool): string | undefined {
  const text = typeof name.value === "number" ? spellingOf(name) : name.value;
  if (typeof text !== "string" || text.trim() !== text) return undefined;
  return /^[^\p{Cc}]+$/u.test(text) && text.length <= MAX_POOL_NAME ? text : undefined;
}

function complainOfNames(pools: readonly ReadPool[]): void {
  const seen = new Map<string, string>();
  for (const pool of pools) {
    const name = nameOf(pool);
    if (name === undefined) {
      const why = `a name has 1 to ${MAX_POOL_NAME} visible characters`;
      const what = isUnset(pool.name)
        ? "Cannot use a pool without a name"
        : `Cannot use the name ${quote(pool.name.value)}`;
      complain(pool.name, "POOL_NAME_INVALID", { what, why, fix: "Write name: and a word of your choice" });
      continue;
    }
    const first = seen.get(name);
    if (first === undefined) seen.set(name, pool.name.path);
    else
      complain(pool.name, "POOL_NAME_DUPLICATE", {
        what: `Cannot use the name ${quote(name)}`,
        why: `${first} has it already`,
        fix: "Choose another name, or move the addresses to that pool",
      });
  }
}

function complainOfBgp(field: Field): void {
  if (isUnset(field)) return;
  complain(field, "BGP_NOT_SERVED", {
    what: `Ignored "${field.path}"`,
    why: "Hawser announces by ARP and NDP and does not speak BGP",
    fix: "Remove it, or keep it for MetalLB",
    severity: "warning",
  });
}

function complainOfBgpPool(protocol: Field): void {
  complain(protocol, "POOL_PROTOCOL_BGP", {
    what: "Ignored this pool",
    why: "Hawser announces by ARP and NDP and does not speak BGP",
    fix: "Write protocol: layer2 if the nodes are in the network of these addresses; else remove the pool",
  });
}

function poolOf(pool: ReadPool): readonly Pool[] {
  const name = nameOf(pool);
  if (name === undefined || pool.protocol.value !== "layer2") return [];
  const { autoAssign, avoidBuggyIps, ranges, nodeSelectors } = pool;
  const common = {
    name,
    protocol: "layer2",
    ranges: ranges.map(({ range }) => range),
    autoAssign,
    avoidBuggyIps,
  } as const;
  return [nodeSelectors.length === 0 ? common : { ...common, nodeSelectors }];
}
