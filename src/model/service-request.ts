import { equalIps, type Family, type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { annotationText, firstAnnotation } from "./annotation.ts";
import { child, complain, type Field, hasError, isUnset, quote } from "./field.ts";
import type { Problem } from "./problem.ts";

/** Annotations that ask for addresses, the first wins: ours, then MetalLB's two. */
const ADDRESSES = ["hawser.dev/load-balancer-ips", "metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs"];
const POOL = ["hawser.dev/address-pool", "metallb.io/address-pool", "metallb.universe.tf/address-pool"];

/** What a Service asks for. */
export interface ServiceRequest {
  /** At most one of a family; from `hawser.dev/load-balancer-ips`, `metallb.io/loadBalancerIPs`, `spec.loadBalancerIP`. */
  readonly requestedAddresses: readonly Ip[];
  /** From `hawser.dev/address-pool` or MetalLB's `address-pool` annotation. */
  readonly requestedPool: string | undefined;
  /**
   * Why the request (addresses, pool) cannot be understood; empty where it can. Such a Service is given no address that
   * it does not have, and keeps what it has: never another one than it asked for.
   */
  readonly requestProblems: readonly Problem[];
}

interface Asker {
  readonly type: string;
  readonly families: readonly Family[];
}

/**
 * Reads what a Service asks for. A request with any error in it asks for nothing, and says so in `requestProblems`. Only a
 * Service of type LoadBalancer asks; on others the annotations are left over from before.
 */
export function readRequest(root: Field, { type, families }: Asker): ServiceRequest {
  const requestProblems = root.problems;
  if (type !== "LoadBalancer") return { requestedAddresses: [], requestedPool: undefined, requestProblems };
  const annotation = firstAnnotation(root, ADDRESSES);
  const annotated = annotation === undefined ? [] : readAddresses(annotation);
  const specField = child(child(root, "spec"), "loadBalancerIP");
  const fromSpec = isUnset(specField) || specField.value === "" ? [] : readAddresses(specField);
  if (annotation !== undefined) complainOfContradiction(annotation, annotated, fromSpec);
  const addresses = annotation === undefined ? fromSpec : annotated;
  checkFamilies(annotation ?? specField, addresses, families);
  const requestedAddresses = hasError(requestProblems) ? [] : addresses;
  return { requestedAddresses, requestedPool: annotationText(root, POOL), requestProblems };
}

/** Addresses separated by commas; `spec.loadBalancerIP` is one, and reads the same. */
function readAddresses(field: Field): readonly Ip[] {
  const texts = typeof field.value === "string" ? field.value.split(",").map((text) => text.trim()) : [field.value];
  return texts.flatMap((text) => {
    const ip = typeof text === "string" ? parseIp(text) : undefined;
    if (ip !== undefined) return ip;
    complain(field, "REQUEST_ADDRESS_UNREADABLE", {
      what: `Cannot read the requested address ${quote(text)}`,
      why: "it is not an IP address",
      fix: "Write one address, or one of each family separated by a comma",
    });
    return [];
  });
}

function complainOfContradiction(annotation: Field, annotated: readonly Ip[], fromSpec: readonly Ip[]): void {
  const other = fromSpec.find((ip) => !annotated.some((one) => equalIps(one, ip)));
  if (other === undefined || annotated.length === 0) return;
  complain(annotation, "REQUEST_CONTRADICTORY", {
    what: `Cannot take ${quote(annotation.value)} as the request`,
    why: `spec.loadBalancerIP asks for ${printIp(other)}`,
    fix: "Remove spec.loadBalancerIP; Kubernetes has deprecated it",
  });
}

function checkFamilies(field: Field, addresses: readonly Ip[], families: readonly Family[]): void {
  for (const [index, ip] of addresses.entries()) {
    const what = `Cannot take ${printIp(ip)} as the requested address`;
    if (addresses.slice(0, index).some((other) => other.family === ip.family))
      complain(field, "REQUEST_FAMILY_TWICE", {
        what,
        why: "another address of its family is requested too, and a Service has one of each",
        fix: "Keep one of the two",
      });
    if (!families.includes(ip.family))
      complain(field, "REQUEST_FAMILY_NOT_SERVED", {
        what,
        why: `the Service has only ${families.map(nameOf).join(" and ")}`,
        fix: `Ask for another address, or set spec.ipFamilies to [${nameOf(ip.family)}]`,
      });
  }
}

function nameOf(family: Family): "IPv4" | "IPv6" {
  return family === "ipv4" ? "IPv4" : "IPv6";
}
