import type { Advertisement } from "#src/model/advertisement.ts";
import type { Configuration } from "#src/model/configuration.ts";
import { child, complain, hasRoom, quote, readList } from "#src/model/field.ts";
import { matchesLabels } from "#src/model/label-selector.ts";
import type { PoolChoice } from "#src/model/metallb/l2-advertisement.ts";
import type { Resource } from "#src/model/metallb/resource.ts";
import { nearest } from "#src/model/nearest.ts";
import { parseCommunity } from "#src/model/parse-community.ts";
import type { Pool, UnservedPool } from "#src/model/pool.ts";
import type { Problem } from "#src/model/problem.ts";
import { complainOfBgp } from "./complain-of-bgp.ts";
import { complainOfBgpResources } from "./complain-of-bgp-resources.ts";
import type { CustomResources } from "./custom-resources.ts";
import { yieldingPools } from "./yielding-pools.ts";

/** A configuration that is whole in itself, with what is wrong between its objects. */
interface Compiled {
  readonly configuration: Configuration;
  readonly problems: readonly Problem[];
}

/**
 * Compiles MetalLB's objects into a configuration. One that cannot be used leaves the others as they are. `taken` are
 * pools that come first, those of the ConfigMap: a pool that has the name or an address of one of them is left out. `unusable` are the IPAddressPools of which nothing could be used.
 */
export function fromCustomResources(
  resources: CustomResources,
  taken: readonly Pool[],
  unusable: readonly UnusablePool[] = [],
): Compiled {
  const problems: Problem[] = [];
  const pools = yieldingPools(resources.IPAddressPool.toSorted(byAge), taken, problems);
  const context: Context = {
    pools,
    places: new Map(pools.map(({ name }, at) => [name, at])),
    known: new Set([...resources.IPAddressPool, ...unusable].map(({ name }) => name)),
    labels: [...resources.IPAddressPool, ...unusable].map(({ labels }) => labels),
    taken: new Set(taken.map(({ name }) => name)),
    problems,
  };
  const communities = aliasesOf(resources, problems);
  const layer2 = resources.L2Advertisement.toSorted(byAge).map((one): Advertisement => ({
    ...one.rule,
    pools: chosenPools(one, context),
  }));
  const bgp = resources.BGPAdvertisement.toSorted(byAge).map((resource) => {
    const { rule } = resource;
    const values = rule.communities.flatMap((text) => communities.get(text) ?? parseCommunity(text) ?? []);
    return { resource, rule: { ...rule, pools: chosenPools(resource, context), communities: values } };
  });
  const advertisements: readonly Advertisement[] = [...layer2, ...bgp.map(({ rule }) => rule)];
  const advertised = advertisedPools(advertisements);
  for (const resource of pools) warnOfSilence(resource, advertised, problems);
  warnOfBgp(resources, problems);
  const [peers, profiles] = [resources.BGPPeer.toSorted(byAge), resources.BFDProfile.toSorted(byAge)];
  const configuration = {
    pools: pools.map(({ pool }) => pool),
    unserved: [
      ...unservedOf(resources, pools),
      ...unusable.map(({ name }) => ({ name, ranges: [], why: "unusable" }) as const),
    ],
    advertisements,
    peers: peers.map(({ peer }) => peer),
    bfdProfiles: profiles.map(({ profile }) => profile),
    communities,
  };
  complainOfBgpResources({ peers, profiles, advertisements: bgp, pools: configuration.pools, communities }, problems);
  return { configuration, problems };
}

/** An IPAddressPool of which no version could be used: what names or selects it is right all the same. */
export type UnusablePool = Pick<Resource, "name" | "labels">;

/** IPAddressPools that are left out beside those in use, and AddressPools. */
function unservedOf({ IPAddressPool, AddressPool }: CustomResources, used: Context["pools"]): readonly UnservedPool[] {
  const left = IPAddressPool.filter((one) => !used.includes(one)).toSorted(byAge);
  return [
    ...left.map(({ pool: { name, ranges } }) => ({ name, ranges, why: "left-out" }) as const),
    ...AddressPool.map(({ name, ranges }) => ({ name, ranges, why: "AddressPool" }) as const),
  ];
}

/** The older first: a new object takes nothing from one that is in use. */
function byAge(left: Resource, right: Resource): number {
  return left.createdMs - right.createdMs || (left.name < right.name ? -1 : 1);
}

interface Context {
  /** Those in use. */
  readonly pools: CustomResources["IPAddressPool"];
  /** Where each of them is in the list, by name. */
  readonly places: ReadonlyMap<string, number>;
  /** The names of these, and of those that are left out or cannot be used. */
  readonly known: ReadonlySet<string>;
  /** The labels of all of these. */
  readonly labels: readonly Resource["labels"][];
  /** The names of pools of the ConfigMap. */
  readonly taken: ReadonlySet<string>;
  readonly problems: Problem[];
}

/** The names of the pools that an advertisement is for: by name or by label; where it names none, all. */
function chosenPools(resource: Resource & { readonly choice: PoolChoice }, context: Context): readonly string[] {
  const { names, selectors } = resource.choice;
  const { pools, places } = context;
  warnOfUnknownPools(resource, context);
  if (names.length === 0 && selectors.length === 0) return [...places.keys()];
  const isSelected = (labels: Resource["labels"]): boolean => selectors.some((one) => matchesLabels(one, labels));
  const selected = selectors.length === 0 ? [] : pools.filter(({ labels }) => isSelected(labels));
  warnOfIdleSelectors(resource, context);
  const chosen = new Set([...names, ...selected.map(({ name }) => name)]);
  return [...chosen]
    .filter((name) => places.has(name))
    .sort((left, right) => (places.get(left) ?? 0) - (places.get(right) ?? 0));
}

/** Warns of selectors that no IPAddressPool has the labels of, one that is left out neither. */
function warnOfIdleSelectors(
  { root, choice }: Resource & { readonly choice: PoolChoice },
  { labels, problems }: Context,
): void {
  const list = { ...child(child(root, "spec"), "ipAddressPoolSelectors"), problems };
  const fields = readList(list);
  for (const [index, selector] of choice.selectors.entries()) {
    if (labels.some((one) => matchesLabels(selector, one))) continue;
    complain(
      fields.length === choice.selectors.length ? (fields[index] ?? list) : list,
      "ADVERTISEMENT_SELECTS_NO_POOL",
      {
        what: "Selected no pool by these labels",
        why: labels.length === 0 ? "there is no IPAddressPool" : "no IPAddressPool has labels that match",
        fix: "Change the selector, or the labels in the metadata of the IPAddressPools that are meant",
        severity: "warning",
      },
    );
  }
}

function warnOfUnknownPools({ root }: Resource, context: Context): void {
  const list = { ...child(child(root, "spec"), "ipAddressPools"), problems: context.problems };
  for (const entry of readList(list)) {
    const { value: name } = entry;
    if (typeof name !== "string" || context.known.has(name)) continue;
    if (!hasRoom(list)) return;
    const meant = nearest(name, context.known);
    complain(entry, "ADVERTISEMENT_POOL_UNKNOWN", {
      what: `Cannot find the IPAddressPool ${quote(name)}`,
      why: context.taken.has(name)
        ? "the pool of this name is in the ConfigMap, where it is announced already"
        : "it does not exist",
      fix: meant === undefined ? "Create it, or remove the name" : `Did you mean ${meant}?`,
      severity: "warning",
    });
  }
}

/** The names of the pools that have an advertisement, and of those that have one for layer2. */
interface Advertised {
  readonly anyhow: ReadonlySet<string>;
  readonly byLayer2: ReadonlySet<string>;
}

function advertisedPools(advertisements: readonly Advertisement[]): Advertised {
  const [anyhow, byLayer2] = [new Set<string>(), new Set<string>()];
  for (const { kind, pools } of advertisements)
    for (const name of pools) {
      anyhow.add(name);
      if (kind === "layer2") byLayer2.add(name);
    }
  return { anyhow, byLayer2 };
}

/** A pool that no L2Advertisement is for is assigned from, as in MetalLB, and no speaker announces its addresses. */
function warnOfSilence({ name, root }: Resource, { anyhow, byLayer2 }: Advertised, problems: Problem[]): void {
  if (byLayer2.has(name)) return;
  complain({ ...root, problems }, "POOL_NOT_ADVERTISED", {
    what: `Cannot announce addresses of pool ${quote(name)}, which are assigned`,
    why: anyhow.has(name)
      ? "only a BGPAdvertisement is for it, and Hawser does not speak BGP"
      : "no L2Advertisement is for it",
    fix: "Create an L2Advertisement, or add the pool to the ipAddressPools of one",
    severity: "warning",
  });
}

function warnOfBgp(resources: CustomResources, problems: Problem[]): void {
  const { BGPPeer, BGPAdvertisement, Community, BFDProfile } = resources;
  for (const { root } of [...BGPPeer, ...BGPAdvertisement, ...Community, ...BFDProfile])
    complainOfBgp({ ...root, problems }, "Ignored this object");
}

/** Values by alias; of two objects with one alias the older one counts. */
function aliasesOf({ Community }: CustomResources, problems: Problem[]): ReadonlyMap<string, string> {
  const communities = new Map<string, string>();
  for (const { root, aliases } of Community.toSorted(byAge)) {
    for (const [alias, value] of aliases) {
      if (!communities.has(alias)) communities.set(alias, value);
      else
        complain({ ...child(root, "spec"), problems }, "FIELD_DUPLICATE", {
          what: `Ignored the alias ${quote(alias)}`,
          why: "an older Community has it",
          fix: "Choose another name for one of the two",
          severity: "warning",
        });
    }
  }
  return communities;
}
