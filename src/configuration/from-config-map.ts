import type { Configuration } from "#src/model/configuration.ts";
import { child, complain, type Field, hasError, isUnset, readList, readMap } from "#src/model/field.ts";
import { type KubeObject, rootField } from "#src/model/object.ts";
import { complainOfOverlaps } from "#src/model/pool-range.ts";
import type { Parsed } from "#src/model/problem.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import { complainOfPoolNames } from "./pool-names.ts";
import { readConfigText } from "./read-config-text.ts";
import { layer2PoolOf, readPool } from "./read-pool.ts";

/** What the old MetalLB format has beside pools, all of it for BGP. */
const BGP_KEYS = ["peers", "bgp-communities", "bfd-profiles"];

const NO_BGP = { peers: [], bfdProfiles: [], communities: new Map<string, string>() };
const NOTHING: Configuration = { pools: [], advertisements: [], ...NO_BGP };

/**
 * Reads the configuration from a ConfigMap, in the format that MetalLB had before its custom resources (up to 0.12): strictly,
 * an unknown key is an error. All or nothing: with any error in it the last good configuration stays in use.
 * Only what is for BGP, which Hawser does not speak, is ignored with a Problem, so that the layer2 pools of an
 * existing file work.
 */
export function fromConfigMap(configMap: KubeObject): Parsed<Configuration> {
  const root = rootField(configMap);
  const { problems } = root;
  const config = readConfigText(root);
  if (config === undefined) return { ok: false, problems };
  if (isUnset(config)) return hasError(problems) ? { ok: false, problems } : { ok: true, value: NOTHING, problems };
  if (!readMap(config)) return { ok: false, problems };
  rejectUnknownKeys(config, ["address-pools", ...BGP_KEYS]);
  const read = readList(child(config, "address-pools")).flatMap((field) => readPool(field) ?? []);
  complainOfPoolNames(read.map(({ name }) => name));
  complainOfOverlaps(read.flatMap(({ ranges }) => ranges));
  // What only BGP needs does not make the configuration a bad one, so it is said after the verdict.
  const isBad = hasError(problems);
  for (const key of BGP_KEYS) complainOfBgp(child(config, key));
  for (const { protocol } of read) if (protocol.value === "bgp") complainOfBgpPool(protocol);
  if (isBad) return { ok: false, problems };
  const layer2 = read.flatMap(layer2PoolOf);
  const pools = layer2.map(({ pool }) => pool);
  const advertisements = layer2.map(({ advertisement }) => advertisement);
  return { ok: true, value: { pools, advertisements, ...NO_BGP }, problems };
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
