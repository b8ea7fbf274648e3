import { bitsOf } from "#src/ip/address.ts";
import { type Cidr, cidrOf, printCidr } from "#src/ip/cidr.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import type { Routes } from "#src/linux/routes.ts";
import type { Problem } from "#src/model/problem.ts";

/** A network that several interfaces are in, and the one of them that serves it. */
export interface SharedNetwork {
  readonly network: Cidr;
  readonly server: Link;
  readonly others: readonly Link[];
}

/**
 * The networks that several of the links are in. Only one may answer there: the one that the kernel routes by, because
 * answers to clients leave by that one, and with reverse path filtering nothing that came in by another is accepted.
 * Where the routes do not say, the first one serves.
 */
export function sharedNetworks(links: readonly Link[], { interfaceOf }: Routes): readonly SharedNetwork[] {
  const byNetwork = new Map<string, { network: Cidr; links: Link[] }>();
  for (const link of links.toSorted((left, right) => left.index - right.index))
    for (const network of networksOf(link)) {
      // A network of one address, such as the gateway of pods that each of their interfaces has: nothing else can be in it.
      if (network.prefixLength === bitsOf(network.family)) continue;
      const known = byNetwork.get(printCidr(network)) ?? { network, links: [] };
      if (!known.links.includes(link)) known.links.push(link);
      byNetwork.set(printCidr(network), known);
    }
  return [...byNetwork].flatMap(([text, { network, links: sharing }]) => {
    const server = sharing.find(({ index }) => index === interfaceOf.get(text)) ?? sharing[0];
    if (server === undefined || sharing.length < 2) return [];
    return { network, server, others: sharing.filter((link) => link !== server) };
  });
}

/** The networks of a link's addresses, link-local ones left out: no Service address is in one. */
export function networksOf(link: Link): readonly Cidr[] {
  return link.addresses
    .filter(({ scope }) => scope === "global")
    .map(({ ip, prefixLength }) => cidrOf(ip, prefixLength))
    .filter((cidr) => cidr !== undefined);
}

/** A Problem for each interface that does not announce in a network because another one does. */
export function sharedNetworkProblems(shared: readonly SharedNetwork[]): readonly Problem[] {
  return shared.flatMap(({ network, server, others }) =>
    others.map(({ name }) => ({
      code: "INTERFACES_SHARE_NETWORK" as const,
      where: `interface ${name}`,
      what: `Does not announce addresses of ${printCidr(network)} on ${name}`,
      why: `${server.name} is in the same network, and the kernel routes by ${server.name}`,
      fix: `Bond the two interfaces, move ${name} to a network of its own, or name ${server.name} in --interfaces`,
      severity: "warning" as const,
    })),
  );
}
