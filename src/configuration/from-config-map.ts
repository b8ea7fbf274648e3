import { type Configuration, EMPTY_CONFIGURATION } from "#src/model/configuration.ts";
import { child, complain, type Field, hasError, isUnset, readList, readMap } from "#src/model/field.ts";
import { type KubeObject, rootField } from "#src/model/object.ts";
import { complainOfOverlaps } from "#src/model/pool-range.ts";
import type { Parsed } from "#src/model/problem.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import type { BgpParts } from "./bgp-parts.ts";
import { complainOfBgp, NO_BGP } from "./complain-of-bgp.ts";
import { complainOfEchoes } from "./complain-of-echoes.ts";
import { complainOfLocalPrefs } from "./complain-of-local-prefs.ts";
import { complainOfSessions } from "./complain-of-sessions.ts";
import { readCommunityAliases } from "./read-communities.ts";
import { readBfdProfiles } from "./read-bfd-profiles.ts";
import { readBgpPeers } from "./read-bgp-peers.ts";
import { complainOfPoolNames, poolName } from "./pool-names.ts";
import { readConfigText } from "./read-config-text.ts";
import { bgpAdvertisementsOf, layer2PoolOf, type ReadPool, readPool, unservedPoolOf } from "./read-pool.ts";

/** What the old MetalLB format has beside pools, all of it for BGP. */
const BGP_KEYS = ["peers", "bgp-communities", "bfd-profiles"];

/**
 * Reads the configuration from a ConfigMap, in the format that MetalLB had before its custom resources (up to 0.12): strictly,
 * an unknown key is an error. All or nothing: with any error in it the last good configuration stays in use.
 * What is for BGP, which Hawser does not speak yet, is read as strictly and kept, with a Problem that says that it is not
 * served: so the layer2 pools of an existing file work. No address of a pool for BGP is assigned, because no node would
 * announce it.
 */
export function fromConfigMap(configMap: KubeObject): Parsed<Configuration> {
  const root = rootField(configMap);
  const { problems } = root;
  const config = readConfigText(root);
  if (config === undefined) return { ok: false, problems };
  if (isUnset(config))
    return hasError(problems) ? { ok: false, problems } : { ok: true, value: EMPTY_CONFIGURATION, problems };
  if (!readMap(config)) return { ok: false, problems };
  rejectUnknownKeys(config, ["address-pools", ...BGP_KEYS]);
  const communities = readCommunityAliases(child(config, "bgp-communities"));
  const bfdProfiles = readBfdProfiles(child(config, "bfd-profiles"));
  const profiles = new Set(bfdProfiles.map(({ name }) => name));
  const peers = readBgpPeers(child(config, "peers"), profiles);
  const context = { aliases: communities };
  const read = readList(child(config, "address-pools")).flatMap((field) => readPool(field, context) ?? []);
  complainOfPoolNames(read.map(({ name }) => name));
  complainOfOverlaps(read.flatMap(({ ranges }) => ranges));
  // That BGP is not served does not make the configuration a bad one, so it is said after the verdict.
  const isBad = hasError(problems);
  for (const key of BGP_KEYS) {
    const field = child(config, key);
    if (!isUnset(field)) complainOfBgp(field, `Ignored "${field.path}"`);
  }
  for (const { protocol } of read) if (protocol.value === "bgp") complainOfBgpPool(protocol);
  if (isBad) return { ok: false, problems };
  const layer2 = read.flatMap(layer2PoolOf);
  const pools = layer2.map(({ pool }) => pool);
  const bgp = read.flatMap(bgpAdvertisementsOf);
  warnOfBgpMisfits(read, { peers, advertisements: bgp, profiles: new Map(bfdProfiles.map((one) => [one.name, one])) });
  const advertisements = [...layer2.map(({ advertisement }) => advertisement), ...bgp.map(({ rule }) => rule)];
  return {
    ok: true,
    value: {
      pools,
      unserved: read.flatMap(unservedPoolOf),
      advertisements,
      peers: peers.map(({ peer }) => peer),
      bfdProfiles,
      communities,
    },
    problems,
  };
}

/** Warns of what no rule of the old format forbids in one place, and does not fit together. */
function warnOfBgpMisfits(
  pools: readonly ReadPool[],
  read: Pick<BgpParts, "peers" | "advertisements" | "profiles">,
): void {
  const rangesOf = new Map(
    pools.flatMap(({ name, ranges }) => {
      const text = poolName(name);
      return text === undefined ? [] : [[text, ranges.map(({ range }) => range)] as const];
    }),
  );
  const parts: BgpParts = { ...read, rangesOf, keys: KEYS };
  complainOfLocalPrefs(parts);
  complainOfSessions(parts);
  complainOfEchoes(parts);
}

const KEYS = {
  peerAddress: "peer-address",
  interface: "peer-address",
  myAsn: "my-asn",
  routerId: "router-id",
  bfdProfile: "bfd-profile",
  localPref: "localpref",
} as const;

function complainOfBgpPool(protocol: Field): void {
  complain(protocol, "POOL_PROTOCOL_BGP", {
    what: "Ignored this pool, so that no Service gets an address of it",
    why: NO_BGP,
    fix: "Write protocol: layer2 if the nodes are in the network of these addresses; else remove the pool",
  });
}
