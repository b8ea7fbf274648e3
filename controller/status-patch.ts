import type { V1LoadBalancerIngress } from "@kubernetes/client-node";
import { type Ip, printIp } from "#src/ip/address.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Fields } from "#src/model/record.ts";
import {
  ADDRESS_ASSIGNED,
  ADDRESSES_ANNOTATION,
  ANNOUNCED,
  ingressOf,
  LEAVING_ANNOTATION,
  POOL_ANNOTATION,
  TERMS_ANNOTATION,
} from "#src/model/service-status.ts";
import type { StatusPatch } from "#src/source/source.ts";
import { type ConditionValue, conditionsPatch } from "#src/status/condition.ts";

/** Whether the decision leaves the Service to others: then nothing is written. */
function isHandsOff({ kind, reason }: Assignment): boolean {
  return kind === "ignore" && reason !== "AddressReleased";
}

/**
 * What has to be written so that the Service shows what was decided: only what differs, undefined if nothing does. In
 * `status` that is `loadBalancer.ingress` and our own conditions; the conditions of others stay.
 */
export function statusPatch(
  object: KubeObject,
  assignment: Assignment,
  { announced, wallMs, leaving }: { announced: ConditionValue | undefined; wallMs: number; leaving: readonly Ip[] },
): StatusPatch | undefined {
  if (isHandsOff(assignment)) return undefined;
  const wanted = { [ADDRESS_ASSIGNED]: addressCondition(assignment), [ANNOUNCED]: announced };
  const status = { ...ingressPatch(object, assignment), ...conditionsPatch(object, wanted, wallMs) };
  const annotations = annotationsPatch(object, assignment, leaving);
  const [hasStatus, hasAnnotations] = [Object.keys(status).length > 0, Object.keys(annotations).length > 0];
  if (!hasStatus && !hasAnnotations) return undefined;
  return { ...(hasStatus ? { status } : {}), ...(hasAnnotations ? { annotations } : {}) };
}

function annotationsPatch(
  { metadata }: KubeObject,
  { addresses, pool, reason, terms }: Assignment,
  leaving: readonly Ip[],
): Readonly<Record<string, string | undefined>> {
  const hasOurs = addresses.length > 0 && reason !== "AddressNotOurs";
  const wanted = {
    [POOL_ANNOTATION]: pool,
    [ADDRESSES_ANNOTATION]: hasOurs ? addresses.map(printIp).join(",") : undefined,
    [LEAVING_ANNOTATION]: leaving.length > 0 ? leaving.map(printIp).join(",") : undefined,
    [TERMS_ANNOTATION]: terms,
  };
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => metadata.annotations[name] !== value));
}

function addressCondition({ addresses, reason, message }: Assignment): ConditionValue | undefined {
  if (reason === "AddressReleased") return undefined;
  const hasOurs = addresses.length > 0 && reason !== "AddressNotOurs";
  return { status: hasOurs ? "True" : "False", reason, message };
}

/** Whether `status.loadBalancer.ingress` holds these addresses, in this order, and nothing else. */
export function showsAddresses(object: KubeObject, { addresses }: Pick<Assignment, "addresses">): boolean {
  const present = ingressOf(object);
  // The API server fills in ipMode; where it does not know the field, VIP is what its absence means.
  const isVip = (mode: unknown) => mode === undefined || mode === "VIP";
  return (
    present.length === addresses.length &&
    addresses.every((ip, at) => present[at]?.["ip"] === printIp(ip) && isVip(present[at]["ipMode"]))
  );
}

function ingressPatch(object: KubeObject, assignment: Assignment): Fields {
  if (showsAddresses(object, assignment)) return {};
  // Host names are another provider's: they stay while there is no address to replace them.
  const hasHostNamesOnly = ingressOf(object).every(({ ip }) => ip === undefined || ip === "");
  if (assignment.addresses.length === 0 && hasHostNamesOnly) return {};
  const ingress: readonly V1LoadBalancerIngress[] = assignment.addresses.map((ip) => ({
    ip: printIp(ip),
    ipMode: "VIP",
  }));
  return { loadBalancer: ingress.length > 0 ? { ingress } : {} };
}
