import type { Advertisement } from "#src/model/advertisement.ts";
import { child, complainInvalid, type Field, hasError, readInteger } from "#src/model/field.ts";
import type { KubeObject } from "#src/model/object.ts";
import { MAX_COMMUNITIES } from "#src/model/parse-community.ts";
import type { Parsed } from "#src/model/problem.ts";
import { type PoolChoice, readPoolChoice } from "./l2-advertisement.ts";
import { openResource, type Resource } from "./resource.ts";
import { readUniqueSelectors, readUniqueTexts } from "./read-unique.ts";

type BgpRule = Extract<Advertisement, { kind: "bgp" }>;

/** A BGPAdvertisement (metallb.io/v1beta1), strictly read. */
export interface BgpAdvertisementResource extends Resource {
  readonly choice: PoolChoice;
  /** What it says; its communities may still be aliases. */
  readonly rule: Omit<BgpRule, "pools">;
}

const KEYS = [
  "aggregationLength",
  "aggregationLengthV6",
  "localPref",
  "communities",
  "ipAddressPools",
  "ipAddressPoolSelectors",
  "nodeSelectors",
  "peers",
  "serviceSelectors",
];
/** One address is one route by default. */
const [ONE_IPV4, ONE_IPV6] = [32, 128];

/** Reads a BGPAdvertisement. Without `spec` it is for all pools, nodes and peers. */
export function parseBgpAdvertisement(object: KubeObject): Parsed<BgpAdvertisementResource> {
  const { resource, root, spec } = openResource(object, { keys: KEYS });
  const { problems } = root;
  const choice = readPoolChoice(spec);
  const serviceSelectors = readUniqueSelectors(child(spec, "serviceSelectors"));
  const rule = {
    kind: "bgp",
    name: resource.name,
    nodeSelectors: readUniqueSelectors(child(spec, "nodeSelectors")),
    serviceSelectors,
    peers: readUniqueTexts(child(spec, "peers")),
    aggregationLength: readInteger(child(spec, "aggregationLength"), { min: 1, max: ONE_IPV4 }) ?? ONE_IPV4,
    aggregationLengthV6: readInteger(child(spec, "aggregationLengthV6"), { min: 0, max: ONE_IPV6 }) ?? ONE_IPV6,
    localPref: readInteger(child(spec, "localPref"), { min: 0, max: 2 ** 32 - 1 }) ?? 0,
    communities: readCommunities(child(spec, "communities")),
  } as const;
  if (serviceSelectors.length > 0) complainOfAggregation(spec, rule);
  if (hasError(problems)) return { ok: false, problems };
  return { ok: true, value: { ...resource, choice, rule }, problems };
}

function readCommunities(list: Field): readonly string[] {
  const communities = readUniqueTexts(list);
  if (communities.length > MAX_COMMUNITIES)
    complainInvalid(list, `a route has at most ${MAX_COMMUNITIES} communities`, "Remove some of them");
  return communities;
}

/** A route for several addresses is not for the Services that selectors choose. */
function complainOfAggregation(spec: Field, lengths: Pick<BgpRule, "aggregationLength" | "aggregationLengthV6">): void {
  const fix = "Remove it, or remove serviceSelectors";
  const why = "serviceSelectors choose single addresses, and such a route is for several";
  if (lengths.aggregationLength !== ONE_IPV4) complainInvalid(child(spec, "aggregationLength"), why, fix);
  if (lengths.aggregationLengthV6 !== ONE_IPV6) complainInvalid(child(spec, "aggregationLengthV6"), why, fix);
}
