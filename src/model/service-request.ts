import { type Family, includesIp, type Ip, nameOfFamily, parseIp, printIp } from "#src/ip/address.ts";
import { annotationsOf } from "./annotation.ts";
import { child, complain, type Field, hasError, isUnset, quote } from "./field.ts";
import type { Problem } from "./problem.ts";
import { readAddressesToRelease } from "./read-addresses-to-release.ts";
import { CILIUM_SHARING_KEY, WISHES } from "./wishes.ts";

/** What a Service asks for. */
export interface ServiceRequest {
  /** At most one of a family; from the annotations for addresses (wishes.ts), else `spec.loadBalancerIP`. */
  readonly requestedAddresses: readonly Ip[];
  /** From `hawser.dev/address-pool` or MetalLB's `address-pool` annotation. */
  readonly requestedPool: string | undefined;
  /** From `hawser.dev/sharing-key` or the annotations of others for it; empty means no sharing. */
  readonly sharingKey: string;
  /**
   * From `hawser.dev/release-addresses`: those of its addresses that it is to give up as soon as another one takes their
   * place, and none of which it is given. The others among them are without effect.
   */
  readonly addressesToRelease: readonly Ip[];
  /**
   * Errors: why the request (addresses, pool) cannot be understood. Such a Service is given no address that it does not
   * have, and keeps what it has: never another one than it asked for. Warnings: which wishes yield to others.
   */
  readonly requestProblems: readonly Problem[];
}

/** The name of a pool has 253 characters at most. What is longer is kept nowhere: a Service may be edited again and again. */
const LONGEST = 1_024;

interface Asker {
  readonly namespace: string;
  readonly type: string;
  readonly families: readonly Family[];
}

/**
 * Reads what a Service asks for. A request with any error in it asks for nothing, and says so in `requestProblems`. Only a
 * Service of type LoadBalancer asks; on others the annotations are left over from before.
 */
export function readRequest(root: Field, { namespace, type, families }: Asker): ServiceRequest {
  const requestProblems = root.problems;
  const sharingKey = readSharingKey(root, namespace);
  if (type !== "LoadBalancer")
    return { requestedAddresses: [], requestedPool: undefined, addressesToRelease: [], requestProblems, sharingKey };
  const [annotation, ...others] = annotationsOf(root, WISHES.addresses);
  const annotated = annotation === undefined ? [] : readAddresses(annotation);
  const specField = child(child(root, "spec"), "loadBalancerIP");
  const fromSpec = isUnset(specField) || specField.value === "" ? [] : readAddresses(specField);
  if (annotation !== undefined) {
    complainOfContradiction(annotation, annotated, fromSpec);
    warnOfOthers(annotation, others, addressesIn);
  }
  const addresses = annotation === undefined ? fromSpec : annotated;
  checkFamilies(annotation ?? specField, addresses, families);
  const requestedAddresses = hasError(requestProblems) ? [] : addresses;
  const [pool, ...otherPools] = annotationsOf(root, WISHES.pool);
  if (pool !== undefined) warnOfOthers(pool, otherPools, trimmed);
  const requestedPool = pool && readShort(pool);
  if (sharingKey !== "") warnOfOtherKeys(root);
  const addressesToRelease = readAddressesToRelease(root);
  return { requestedAddresses, requestedPool, addressesToRelease, requestProblems, sharingKey };
}

/** Cilium's keys count within one namespace, and ours, as MetalLB's, in all. */
function readSharingKey(root: Field, namespace: string): string {
  const [field] = annotationsOf(root, WISHES.sharingKey);
  if (field === undefined) return "";
  const key = readShort(field) ?? "";
  return field.path.includes(CILIUM_SHARING_KEY) ? `${namespace}/${key}` : key;
}

/** Undefined, with an error, where it is too long. */
function readShort(field: Field): string | undefined {
  const text = trimmed(field);
  if (text.length <= LONGEST) return text;
  complain(field, "REQUEST_TOO_LONG", {
    what: `Cannot use ${quote(text)}`,
    why: `it has ${text.length} characters, and may have ${LONGEST}`,
    fix: "Write the name of a pool, or a shorter key",
  });
  return undefined;
}

function warnOfOtherKeys(root: Field): void {
  const [first, ...others] = annotationsOf(root, WISHES.sharingKey);
  if (first !== undefined) warnOfOthers(first, others, trimmed);
}

function trimmed({ value }: Field): string {
  return String(value).trim();
}

/** The addresses of a request in one order and spelling; what cannot be read is left as it is. */
function addressesIn(field: Field): string {
  const texts = trimmed(field)
    .split(",")
    .map((text) => text.trim());
  return texts
    .map((text) => {
      const ip = parseIp(text);
      return ip === undefined ? text : printIp(ip);
    })
    .toSorted()
    .join(",");
}

/** Adds a warning for each annotation that wishes something else than the first, which is the one that counts. */
function warnOfOthers(first: Field, others: readonly Field[], wishOf: (field: Field) => string): void {
  for (const other of others) {
    if (wishOf(other) === wishOf(first)) continue;
    complain(other, "REQUEST_OVERRIDDEN", {
      what: `Ignored ${quote(other.value)}`,
      why: `${nameIn(first)} says ${quote(first.value)} and comes before ${nameIn(other)}`,
      fix: "Remove one of the two annotations, or write the same in both",
      severity: "warning",
    });
  }
}

/** The name of an annotation, from its path: `metadata.annotations["metallb.io/address-pool"]`. */
function nameIn({ path }: Field): string {
  return path.slice(path.indexOf('["') + 2, -2);
}

/** What kube-vip reads as: an address that a DHCP server gives. */
const DHCP = "0.0.0.0";

function complainOfDhcp(field: Field): [] {
  complain(field, "REQUEST_ADDRESS_UNREADABLE", {
    what: `Cannot use the requested address ${quote(DHCP)}`,
    why: "kube-vip takes it as a request for DHCP, and Hawser assigns addresses of its pools only",
    fix: "Remove the request to get an address of a pool, or write the address",
  });
  return [];
}

/** Addresses separated by commas; `spec.loadBalancerIP` is one, and reads the same. */
function readAddresses(field: Field): readonly Ip[] {
  const texts = typeof field.value === "string" ? field.value.split(",").map((text) => text.trim()) : [field.value];
  return texts.flatMap((text) => {
    const ip = typeof text === "string" ? parseIp(text) : undefined;
    if (text === DHCP) return complainOfDhcp(field);
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
  const other = fromSpec.find((ip) => !includesIp(annotated, ip));
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
        why: `the Service has only ${families.map(nameOfFamily).join(" and ")}`,
        fix: `Ask for another address, or set spec.ipFamilies to [${nameOfFamily(ip.family)}]`,
      });
  }
}
