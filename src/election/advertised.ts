import { type Cidr, cidrContains, parseCidr } from "#src/ip/cidr.ts";
import type { Ip } from "#src/ip/address.ts";
import type { Advertisement, Layer2Advertisement, PreferredNodes } from "#src/model/advertisement.ts";
import { joinSelectors, type SelectableInterface, takesInterface } from "#src/model/takes-interface.ts";
import { isSelected, matchesLabels } from "#src/model/label-selector.ts";
import type { MemberRecord } from "#src/model/member-record.ts";
import type { Node } from "#src/model/node.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import type { WantedAddress } from "./member.ts";

/** A node with a speaker, and the interfaces that it announces on; undefined where they are not known. */
export interface NodeInterfaces {
  readonly node: string;
  readonly interfaces: readonly (SelectableInterface & { readonly subnets: readonly Cidr[] })[] | undefined;
}

/** Of a member's record. */
export function nodeInterfacesOf({ node, interfaces }: Pick<MemberRecord, "node" | "interfaces">): NodeInterfaces {
  const parsed = interfaces.map(({ name, addresses, subnets }) => ({
    name,
    addresses,
    subnets: subnets.flatMap((text) => parseCidr(text) ?? []),
  }));
  return { node, interfaces: parsed };
}

/** What decides who announces the addresses of a pool. */
export interface AdvertisedUse {
  readonly ip: Ip;
  /** The Services that have the address: an advertisement for some Services counts where it is for all of these. */
  readonly services: readonly Pick<Service, "labels">[];
  readonly advertisements: readonly Advertisement[];
  readonly nodes: readonly Node[];
  readonly members: readonly NodeInterfaces[];
}

type Advertised = Pick<WantedAddress, "isUnadvertised" | "selected" | "interfaces" | "unlinked" | "scores">;

/**
 * What the layer 2 advertisements of a pool say of its addresses: a node announces them where one of these selects it, on
 * the interfaces that these name together, and before others by the weights of all that select it and of the pool itself.
 */
export function advertised(pool: Pick<Pool, "name" | "preferredNodes">, use: AdvertisedUse): Advertised {
  const own = use.advertisements.filter((one) => one.kind === "layer2" && one.pools.includes(pool.name));
  const isForAll = ({ serviceSelectors }: Advertisement): boolean =>
    use.services.every(({ labels }) => isSelected(serviceSelectors, labels));
  const rules = own.filter(isForAll) as readonly Layer2Advertisement[];
  if (rules.length === 0) return { isUnadvertised: true, selected: undefined };
  const { preferredNodes: preferred = [] } = pool;
  const isPlain = rules.every(({ interfaces, preferredNodes }) => interfaces.length + preferredNodes.length === 0);
  const selected = selectedNodes(rules, use.nodes);
  return isPlain && preferred.length === 0 ? { selected } : { ...nodeRules(rules, preferred, use), selected };
}

/** Undefined where an advertisement selects all. */
function selectedNodes(rules: readonly Layer2Advertisement[], nodes: readonly Node[]): Advertised["selected"] {
  if (rules.some(({ nodeSelectors }) => nodeSelectors.length === 0)) return undefined;
  const names = nodes.filter(({ labels }) => rules.some((rule) => isSelected(rule.nodeSelectors, labels)));
  return new Set(names.map(({ name }) => name));
}

function nodeRules(
  rules: readonly Layer2Advertisement[],
  preferred: readonly PreferredNodes[],
  { ip, nodes, members }: AdvertisedUse,
): Advertised {
  const labelsOf = new Map(nodes.map(({ name, labels }) => [name, labels]));
  const linksOf = new Map(members.map((member) => [member.node, member.interfaces]));
  const interfaces = new Map<string, readonly string[]>();
  const unlinked = new Set<string>();
  const scores = new Map<string, number>();
  for (const node of new Set([...labelsOf.keys(), ...linksOf.keys()])) {
    const labels = labelsOf.get(node) ?? {};
    const matching = rules.filter(({ nodeSelectors }) => isSelected(nodeSelectors, labels));
    const named = namedInterfaces(matching);
    if (named !== undefined) {
      const links = linksOf.get(node)?.filter(({ subnets }) => subnets.some((subnet) => cidrContains(subnet, ip)));
      // One without such an interface goes on as it does until another node announces: it is not restricted to nothing.
      if (links?.some((link) => takesInterface(named, link)) === false) unlinked.add(node);
      else interfaces.set(node, named);
    }
    const weights = matching.flatMap(({ preferredNodes }) => preferredNodes);
    const score = matching.length === 0 ? 0 : scoreOf([...weights, ...preferred], labels);
    if (score > 0) scores.set(node, score);
  }
  return { selected: undefined, interfaces, unlinked, scores };
}

/** The selectors of all advertisements together; undefined where they are for all interfaces. */
function namedInterfaces(matching: readonly Layer2Advertisement[]): readonly string[] | undefined {
  if (matching.length === 0) return undefined;
  const joined = joinSelectors(matching.map(({ interfaces }) => interfaces));
  return joined.every((selector) => selector === "*") ? undefined : joined;
}

function scoreOf(preferred: readonly PreferredNodes[], labels: Node["labels"]): number {
  return preferred.reduce((sum, { weight, selector }) => sum + (matchesLabels(selector, labels) ? weight : 0), 0);
}
