import type { Ingress } from "#src/model/ingress.ts";
import { wildcardOf } from "#src/routing/host.ts";

type Rule = Ingress["rules"][number];

/** What one Ingress says, by host: it may name many thousands of hosts, and each of them asks. */
export interface HostIndex {
  /** The rules of a host that the Ingress names itself, or (`isAdded`) those of one that an annotation adds. */
  rulesOf(host: string, isAdded: boolean): readonly Rule[];
  /** Whether the Ingress has a certificate for a host: by name, by a wildcard, or by an entry for all hosts of its rules. */
  hasTls(host: string): boolean;
}

/** Gives the index of an Ingress, which is made once. */
export function hostIndexes(): (ingress: Ingress) => HostIndex {
  const made = new Map<Ingress, HostIndex>();
  return (ingress) => {
    const index = made.get(ingress) ?? hostIndexOf(ingress);
    made.set(ingress, index);
    return index;
  };
}

function hostIndexOf({ rules, tls }: Ingress): HostIndex {
  const byHost = Map.groupBy(rules, ({ host }) => host);
  const tlsHosts = new Set(tls.flatMap(({ hosts }) => hosts));
  const coversAll = tls.some(({ hosts }) => hosts.length === 0);
  return {
    rulesOf: (host, isAdded) => (byHost.get(host) ?? []).filter((rule) => (rule.isAdded === true) === isAdded),
    hasTls: (host) => coversAll || tlsHosts.has(host) || tlsHosts.has(wildcardOf(host) ?? host),
  };
}
