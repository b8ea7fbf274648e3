import { includesIp, type Ip, parseIp } from "#src/ip/address.ts";
import type { KubeObject } from "./object.ts";
import type { Service } from "./service.ts";
import { LEAVING_ANNOTATION } from "./service-status.ts";

/** The addresses that the annotation of a Service says leave it. */
export function markedLeaving({ metadata }: KubeObject): readonly Ip[] {
  const text = metadata.annotations[LEAVING_ANNOTATION] ?? "";
  return text === "" ? [] : text.split(",").flatMap((one) => parseIp(one) ?? []);
}

/**
 * Those of these addresses in the status of a Service that leave it. One that has no other of its family beside it stays:
 * there is nothing in its place.
 */
export function leavingAddresses({ assignedAddresses }: Service, named: readonly Ip[]): readonly Ip[] {
  if (named.length === 0) return [];
  const staying = without(assignedAddresses, named);
  return assignedAddresses.filter(
    (ip) => !includesIp(staying, ip) && staying.some(({ family }) => family === ip.family),
  );
}

/** The Service as the plan is to see it: it no longer has the addresses that leave it. */
export function withoutLeaving(service: Service, leaving: readonly Ip[]): Service {
  if (leaving.length === 0) return service;
  return { ...service, assignedAddresses: without(service.assignedAddresses, leaving), leavingAddresses: leaving };
}

/** The addresses that are not among others. */
export function without(ips: readonly Ip[], others: readonly Ip[]): readonly Ip[] {
  return others.length === 0 ? ips : ips.filter((ip) => !includesIp(others, ip));
}
