import { bitsOf, type Ip } from "#src/ip/address.ts";
import { type Cidr, cidrContains, cidrOf, parseCidr, printCidr } from "#src/ip/cidr.ts";
import { globalAddresses, type Link } from "#src/linux/link.ts";
import type { Routes } from "#src/linux/routes.ts";
import type { Problem } from "#src/model/problem.ts";

/** A network that links are in, and the one of them that serves it. */
export interface ServedNetwork {
  readonly network: Cidr;
  readonly server: Link;
  /** Links with an address of this network that do not serve it. */
  readonly others: readonly Link[];
}

/** What of the served networks concerns one link. */
export interface LinkShare {
  /** Networks that this link serves. */
  readonly kept: readonly Cidr[];
  /** Networks that another link serves. */
  readonly yielded: readonly Cidr[];
}

/** A route to a network by one of the links. */
interface LinkRoute {
  readonly network: Cidr;
  readonly link: Link;
}

/**
 * Which link serves which network: the one that the kernel routes it by, because answers to clients leave by that one,
 * and with reverse path filtering nothing that came in by another is accepted. Of networks within each other the
 * smallest one that contains an address decides, as it does in the kernel. Where the routes do not say, the first link
 * serves.
 */
export function servedNetworks(links: readonly Link[], routes: Routes): readonly ServedNetwork[] {
  const routed = linkRoutes(links, routes);
  const byNetwork = new Map<string, { network: Cidr; sharing: Link[] }>();
  for (const link of links.toSorted((left, right) => left.index - right.index))
    for (const network of networksOf(link)) {
      // A network of one address, such as the gateway of pods that each of their interfaces has: nothing else can be in it.
      if (isOneAddress(network)) continue;
      const known = byNetwork.get(printCidr(network)) ?? { network, sharing: [] };
      if (!known.sharing.includes(link)) known.sharing.push(link);
      byNetwork.set(printCidr(network), known);
    }
  // A route to a part of a link's network, which the kernel prefers to that of the whole.
  for (const { network } of routed)
    if (!byNetwork.has(printCidr(network))) byNetwork.set(printCidr(network), { network, sharing: [] });
  return [...byNetwork].flatMap(([text, { network, sharing }]) => {
    const isRouted = routes.interfaceOf.has(text);
    const server = serverOf(network, isRouted, routed) ?? sharing[0];
    return server === undefined ? [] : [{ network, server, others: sharing.filter((link) => link !== server) }];
  });
}

/** The routes by one of the links to a network within one of that link, the longest prefix first. */
function linkRoutes(links: readonly Link[], { interfaceOf }: Routes): readonly LinkRoute[] {
  const byIndex = new Map(links.map((link) => [link.index, link]));
  const found = [...interfaceOf].flatMap(([text, index]) => {
    const [network, link] = [parseCidr(text), byIndex.get(index)];
    if (network === undefined || link === undefined) return [];
    return networksOf(link).some((own) => contains(own, network)) ? [{ network, link }] : [];
  });
  return found.sort((left, right) => right.network.prefixLength - left.network.prefixLength);
}

/** By the route to the network itself; where the kernel has none (noprefixroute), by the smallest one around it. */
function serverOf(network: Cidr, isRouted: boolean, routed: readonly LinkRoute[]): Link | undefined {
  const text = printCidr(network);
  return routed.find((one) => (isRouted ? printCidr(one.network) === text : contains(one.network, network)))?.link;
}

/** Networks that several of the links are in, so that some of these do not announce in a network of their own. */
export function sharedNetworks(served: readonly ServedNetwork[]): readonly ServedNetwork[] {
  return served.filter(({ others }) => others.length > 0);
}

/**
 * What one link serves, and what it leaves to others. Without `anySubnet` it answers for addresses of its own networks
 * alone, and no other link's network matters that is not within one of these.
 */
export function shareOf(link: Link, served: readonly ServedNetwork[], anySubnet: boolean): LinkShare {
  const own = networksOf(link);
  const matters = (network: Cidr): boolean => anySubnet || own.some((one) => contains(one, network));
  const yielded = served.flatMap(({ network, server }) => (server !== link && matters(network) ? [network] : []));
  const isYielded = new Set(yielded.map(printCidr));
  const whole = own.filter((network) => !isYielded.has(printCidr(network)));
  const parts = served.flatMap(({ network, server }) => (server === link ? [network] : []));
  // A part says something only where another link serves a network around it.
  const isNews = (part: Cidr): boolean =>
    !whole.some((one) => printCidr(one) === printCidr(part)) && yielded.some((one) => contains(one, part));
  return { kept: [...whole, ...parts.filter(isNews)], yielded };
}

/** Whether the smallest network that contains the address is one that the link serves. */
export function isServedByLink(ip: Ip, { kept, yielded }: LinkShare, anySubnet: boolean): boolean {
  const [own, other] = [longestPrefix(kept, ip), longestPrefix(yielded, ip)];
  return other === undefined ? anySubnet || own !== undefined : own !== undefined && own > other;
}

function longestPrefix(networks: readonly Cidr[], ip: Ip): number | undefined {
  const lengths = networks.filter((one) => cidrContains(one, ip)).map(({ prefixLength }) => prefixLength);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

function contains(outer: Cidr, { family, base, prefixLength }: Cidr): boolean {
  return prefixLength >= outer.prefixLength && cidrContains(outer, { family, value: base });
}

function isOneAddress({ family, prefixLength }: Cidr): boolean {
  return prefixLength === bitsOf(family);
}

/** The networks of a link's addresses, link-local ones left out: no Service address is in one. */
function networksOf(link: Link): readonly Cidr[] {
  return globalAddresses(link)
    .map(({ ip, prefixLength }) => cidrOf(ip, prefixLength))
    .filter((cidr) => cidr !== undefined);
}

/** A Problem for each interface that does not announce in a network of its own because another one does. */
export function sharedNetworkProblems(shared: readonly ServedNetwork[]): readonly Problem[] {
  return shared.flatMap(({ network, server, others }) =>
    others.map(({ name }) => ({
      code: "INTERFACES_SHARE_NETWORK" as const,
      at: { kind: "interface" as const, name },
      what: `Does not announce addresses of ${printCidr(network)} on ${name}`,
      why: `${server.name} is in the same network, and the kernel routes by ${server.name}`,
      fix: `Bond the two interfaces, move ${name} to a network of its own, or name ${server.name} in --interfaces`,
      severity: "warning" as const,
    })),
  );
}
