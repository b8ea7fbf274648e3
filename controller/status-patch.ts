import type { V1LoadBalancerIngress } from "@kubernetes/client-node";
import { includesIp, type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { isHandsOff } from "#src/assignment/is-hands-off.ts";
import { ownAddresses } from "#src/assignment/own-addresses.ts";
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
  RELEASE_ANNOTATION,
  SHARES_ADDRESS,
  TERMS_ANNOTATION,
} from "#src/model/service-status.ts";
import type { StatusPatch } from "#src/source/source.ts";
import { type ConditionValue, conditionsPatch } from "#src/status/condition.ts";

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
  const shares = sharesCondition(assignment);
  const wanted = { [ADDRESS_ASSIGNED]: addressCondition(assignment), [ANNOUNCED]: announced, [SHARES_ADDRESS]: shares };
  const status = { ...ingressPatch(object, assignment), ...conditionsPatch(object, wanted, wallMs) };
  const marks = annotationsPatch(object, assignment, leaving);
  const hasStatus = Object.keys(status).length > 0;
  if (!hasStatus && Object.keys(marks).length === 0) return undefined;
  const annotations = { ...marks, ...releasePatch(object, assignment) };
  return { ...(hasStatus ? { status } : {}), ...(Object.keys(annotations).length > 0 ? { annotations } : {}) };
}

function annotationsPatch(
  { metadata }: KubeObject,
  assignment: Assignment,
  leaving: readonly Ip[],
): Readonly<Record<string, string | undefined>> {
  const { pool, terms } = assignment;
  const own = ownAddresses(assignment);
  const wanted = {
    [POOL_ANNOTATION]: pool,
    [ADDRESSES_ANNOTATION]: own.length > 0 ? own.map(printIp).join(",") : undefined,
    [LEAVING_ANNOTATION]: leaving.length > 0 ? leaving.map(printIp).join(",") : undefined,
    [TERMS_ANNOTATION]: terms,
  };
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => metadata.annotations[name] !== value));
}

/**
 * A wish to release an address is fulfilled when the status no longer shows it: it goes in the same write. What else is not in
 * the status goes with a write that has to be made anyway: a manifest may have it, and be applied again and again.
 */
function releasePatch(
  { metadata }: KubeObject,
  { addresses }: Assignment,
): Readonly<Record<string, string | undefined>> {
  const text = metadata.annotations[RELEASE_ANNOTATION];
  if (text === undefined) return {};
  const isOpen = (one: string): boolean => {
    const ip = parseIp(one);
    // What cannot be read has a Problem, which its writer can see as long as it is there.
    return ip === undefined || includesIp(addresses, ip);
  };
  const open = text
    .split(",")
    .map((one) => one.trim())
    .filter(isOpen);
  const left = open.length > 0 ? open.join(",") : undefined;
  return left === text ? {} : { [RELEASE_ANNOTATION]: left };
}

function addressCondition(assignment: Assignment): ConditionValue | undefined {
  const { reason, message } = assignment;
  if (reason === "AddressReleased") return undefined;
  return { status: ownAddresses(assignment).length > 0 ? "True" : "False", reason, message };
}

/** Characters of the terms in a condition. One whose terms are cut counts as edited for the next controller: it yields. */
const TERMS_MAX = 4_096;

function sharesCondition({ terms }: Assignment): ConditionValue | undefined {
  if (terms === undefined) return undefined;
  const message = terms.length > TERMS_MAX ? `${terms.slice(0, TERMS_MAX)}...` : terms;
  return { status: "True", reason: "AddressAssigned", message };
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
