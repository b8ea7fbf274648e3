import { type Family, parseIp, printIp } from "#src/ip/address.ts";
import { child, complain, type Field, isUnset, quote, readChoice, readList } from "./field.ts";

/** Which families a Service is of, and how many it needs. */
export interface ServiceFamilies {
  /** Which families it wants an address of, primary first: `spec.ipFamilies`, else derived from `clusterIPs`, else IPv4. */
  readonly families: readonly Family[];
  readonly ipFamilyPolicy: "SingleStack" | "PreferDualStack" | "RequireDualStack";
  /** `clusterIP`, where the cluster has assigned it; undefined for headless Services. */
  readonly clusterIp?: string;
}

/**
 * Reads the families of a Service. An API server has filled in `ipFamilies` and `clusterIPs`; a manifest on disk has
 * often neither, and is then read as a dual-stack cluster with IPv4 first would read it.
 */
export function readServiceFamilies(spec: Field): ServiceFamilies {
  const policyField = child(spec, "ipFamilyPolicy");
  const written = readWritten(spec);
  const assigned = readFromClusterIps(spec);
  const clusterIp = readClusterIp(child(spec, "clusterIP"));
  const known = written.length > 0 ? written : assigned;
  // The API server reads an empty word as left out.
  const policy =
    readChoice(policyField.value === "" ? { ...policyField, value: undefined } : policyField, [
      "SingleStack",
      "PreferDualStack",
      "RequireDualStack",
    ]) ?? (known.length > 1 ? "RequireDualStack" : "SingleStack");
  const isOnDisk = assigned.length === 0;
  if (policy === "SingleStack" || !isOnDisk)
    return { families: known.length === 0 ? ["ipv4"] : known, ipFamilyPolicy: policy, ...clusterIp };
  const [first = "ipv4"] = known;
  return { families: [first, first === "ipv4" ? "ipv6" : "ipv4"], ipFamilyPolicy: policy, ...clusterIp };
}

function readClusterIp({ value }: Field): Pick<ServiceFamilies, "clusterIp"> {
  const ip = typeof value === "string" ? parseIp(value) : undefined;
  return ip === undefined ? {} : { clusterIp: printIp(ip) };
}

function readWritten(spec: Field): readonly Family[] {
  const families: Family[] = [];
  for (const field of readList(child(spec, "ipFamilies"))) {
    const word = readChoice(field, ["IPv4", "IPv6"]);
    if (word === undefined) continue;
    const family = word === "IPv4" ? "ipv4" : "ipv6";
    if (families.includes(family))
      complain(field, "FIELD_DUPLICATE", {
        what: `Cannot use ${quote(word)}`,
        why: "it is in the list twice",
        fix: "Remove one",
      });
    else families.push(family);
  }
  return families;
}

function readFromClusterIps(spec: Field): readonly Family[] {
  const list = child(spec, "clusterIPs");
  const fields = isUnset(list) ? [child(spec, "clusterIP")] : readList(list);
  const families = fields.flatMap(({ value }) => (typeof value === "string" ? (parseIp(value)?.family ?? []) : []));
  return [...new Set(families)];
}
