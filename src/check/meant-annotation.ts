import { nearest } from "#src/model/nearest.ts";
import type { AnnotationNames } from "./annotation-names.ts";

/** Whether an annotation is known; if not, whether its prefix is, and which one is probably meant. */
export type Meant =
  | { readonly kind: "known" | "of-others" }
  | { readonly kind: "unknown"; readonly prefix: string; readonly meant: string | undefined };

/** Words for the same thing, in the plain form of `plainOf`. */
const SYNONYMS: ReadonlyMap<string, readonly string[]> = new Map([
  ["address-pool", ["ippool", "pool", "poolname"]],
  ["load-balancer-ips", ["loadbalancerip", "ip", "ips", "address", "addresses", "requestedips"]],
  ["loadBalancerIPs", ["loadbalancerip", "ip", "ips", "address", "addresses"]],
  ["sharing-key", ["allowsharedip", "sharedip", "sharekey"]],
  ["allow-shared-ip", ["sharingkey", "sharedip"]],
]);

/** What is written in place of a prefix. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["hawser/", "hawser.dev/"],
  ["hawser.io/", "hawser.dev/"],
  ["metallb/", "metallb.io/"],
  ["metallb.org/", "metallb.io/"],
  ["nginx.ingress.k8s.io/", "nginx.ingress.kubernetes.io/"],
  ["nginx.ingress.kubernetes.com/", "nginx.ingress.kubernetes.io/"],
  ["ingress-nginx.kubernetes.io/", "nginx.ingress.kubernetes.io/"],
]);

/** Which annotation is meant by a name. */
export function meantAnnotation(annotation: string, names: AnnotationNames): Meant {
  const slash = annotation.indexOf("/") + 1;
  const [written, name] = [annotation.slice(0, slash), annotation.slice(slash)];
  const prefix = prefixOf(written, names);
  if (prefix === undefined) return { kind: "of-others" };
  const known = names.get(prefix) ?? [];
  if (written === prefix && known.includes(name)) return { kind: "known" };
  const meant = nameOf(name, known);
  // A prefix that only looks like a known one belongs to another program, unless the name is known too.
  if (written !== prefix && meant === undefined) return { kind: "of-others" };
  return { kind: "unknown", prefix, meant: meant === undefined ? undefined : prefix + meant };
}

function prefixOf(written: string, names: AnnotationNames): string | undefined {
  if (written === "" || names.has(written)) return written === "" ? undefined : written;
  const alias = ALIASES.get(written);
  if (alias !== undefined && names.has(alias)) return alias;
  return [...names.keys()].find((prefix) => isSlip(written, prefix));
}

/** Whether two prefixes differ in one part of the domain, and there by a letter or two. */
function isSlip(written: string, prefix: string): boolean {
  const [ours, theirs] = [prefix.split("."), written.split(".")];
  const others = ours.filter((part, at) => part !== theirs[at]);
  const at = ours.findIndex((part, index) => part !== theirs[index]);
  return ours.length === theirs.length && others.length === 1 && nearest(theirs[at] ?? "", others) !== undefined;
}

function nameOf(name: string, known: readonly string[]): string | undefined {
  const plain = plainOf(name);
  const same = known.find((one) => plainOf(one) === plain || SYNONYMS.get(one)?.includes(plain));
  return same ?? nearest(name, known);
}

function plainOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
