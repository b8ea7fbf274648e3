import { complain, descend, entry, quote } from "#src/model/field.ts";
import { nearest } from "#src/model/nearest.ts";
import type { Problem } from "#src/model/problem.ts";
import { recordOf } from "#src/model/record.ts";
import type { CheckedSet } from "./checked-set.ts";

/** The names of annotations of a prefix that a Service may have. */
const KNOWN: ReadonlyMap<string, readonly string[]> = new Map([
  ["hawser.dev/", ["address-pool", "load-balancer-ips", "sharing-key", "ip-allocated-from-pool"]],
  ["metallb.io/", ["address-pool", "loadBalancerIPs", "allow-shared-ip", "ip-allocated-from-pool"]],
  ["metallb.universe.tf/", ["address-pool", "loadBalancerIPs", "allow-shared-ip", "ip-allocated-from-pool"]],
]);

/** Words for the same thing in other prefixes, by their plain form. */
const SYNONYMS: ReadonlyMap<string, readonly string[]> = new Map([
  ["address-pool", ["addresspool", "ippool", "pool", "poolname"]],
  ["load-balancer-ips", ["loadbalancerips", "loadbalancerip", "ip", "ips", "address", "addresses", "requestedips"]],
  ["loadBalancerIPs", ["loadbalancerips", "loadbalancerip", "ip", "ips", "address", "addresses"]],
  ["sharing-key", ["sharingkey", "allowsharedip", "sharedip", "sharekey"]],
  ["allow-shared-ip", ["allowsharedip", "sharingkey", "sharedip"]],
]);

/** The annotations of Services that look like Hawser's or MetalLB's and are none that Hawser reads. */
export function findMisspeltAnnotations(set: CheckedSet): readonly Problem[] {
  const problems: Problem[] = [];
  for (const key of set.keysOf("Service")) {
    const annotations = descend(set.rootOf("Service", key, problems), "metadata", "annotations");
    for (const name of Object.keys(recordOf(annotations.value))) {
      const prefix = prefixOf(name);
      if (prefix === undefined) continue;
      const known = KNOWN.get(prefix) ?? [];
      const bare = name.slice(name.indexOf("/") + 1);
      if (name.startsWith(prefix) && known.includes(bare)) continue;
      const meant = meantBy(bare, known);
      // A prefix that only looks like one of these belongs to another program, unless the name is known too.
      if (!name.startsWith(prefix) && meant === undefined) continue;
      complain(entry(annotations, name), "SERVICE_ANNOTATION_UNKNOWN", {
        what: `Ignored the annotation ${quote(name)}`,
        why: "Hawser does not know it",
        fix:
          meant === undefined
            ? `Remove it, or write one of ${known.map((one) => prefix + one).join(", ")}`
            : `Did you mean ${prefix}${meant}?`,
        severity: "warning",
      });
    }
  }
  return problems;
}

/** What others take the prefixes for. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["hawser/", "hawser.dev/"],
  ["hawser.io/", "hawser.dev/"],
  ["metallb/", "metallb.io/"],
  ["metallb.org/", "metallb.io/"],
]);

/** The known prefix that a name begins with, or is meant to begin with. */
function prefixOf(name: string): string | undefined {
  const prefix = name.slice(0, name.indexOf("/") + 1);
  if (prefix === "") return undefined;
  return KNOWN.has(prefix) ? prefix : (ALIASES.get(prefix) ?? nearest(prefix, KNOWN.keys()));
}

function meantBy(bare: string, known: readonly string[]): string | undefined {
  const plain = plainOf(bare);
  const same = known.find((one) => plainOf(one) === plain || SYNONYMS.get(one)?.includes(plain));
  return same ?? nearest(bare, known);
}

function plainOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
