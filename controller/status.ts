import type { V1LoadBalancerIngress } from "@kubernetes/client-node";
import { printIp } from "#src/ip/address.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject } from "#src/model/object.ts";
import {
  ADDRESS_ASSIGNED,
  addressConditionOf,
  conditionsOf,
  type Fields,
  ingressOf,
} from "#src/model/service-status.ts";
import type { StatusPatch } from "#src/source/source.ts";

/** The annotation on a Service that names the pools its addresses are from, comma-separated. */
const POOL_ANNOTATION = "hawser.dev/ip-allocated-from-pool";

/** A condition as the Kubernetes API has it (metav1.Condition). */
interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
  /** RFC 3339; when `status` last changed. */
  readonly lastTransitionTime: string;
}

/** Whether the decision leaves the Service to others: then nothing of it is written. */
function isHandsOff({ kind, reason }: Assignment): boolean {
  return kind === "ignore" && reason !== "AddressReleased";
}

/**
 * What has to be written so that the Service says what was decided: only what differs, undefined if nothing does. Of
 * `status`, `loadBalancer.ingress` and our own condition are written; conditions of others stay.
 */
export function statusPatch(object: KubeObject, assignment: Assignment, wallMs: number): StatusPatch | undefined {
  if (isHandsOff(assignment)) return undefined;
  const isRemoved = assignment.reason === "AddressReleased";
  const status = {
    ...ingressPatch(object, assignment),
    ...conditionPatch(object, isRemoved ? undefined : assignment, wallMs),
  };
  const hasStatus = Object.keys(status).length > 0;
  const hasAnnotation = object.metadata.annotations[POOL_ANNOTATION] !== assignment.pool;
  if (!hasStatus && !hasAnnotation) return undefined;
  return {
    ...(hasStatus ? { status } : {}),
    ...(hasAnnotation ? { annotations: { [POOL_ANNOTATION]: assignment.pool } } : {}),
  };
}

function ingressPatch(object: KubeObject, { addresses }: Assignment): Fields {
  const present = ingressOf(object);
  const isSame =
    present.length === addresses.length &&
    addresses.every((ip, at) => present[at]?.["ip"] === printIp(ip) && present[at]["ipMode"] === "VIP");
  if (isSame) return {};
  const ingress: readonly V1LoadBalancerIngress[] = addresses.map((ip) => ({ ip: printIp(ip), ipMode: "VIP" }));
  return { loadBalancer: ingress.length > 0 ? { ingress } : {} };
}

function conditionPatch(object: KubeObject, assignment: Assignment | undefined, wallMs: number): Fields {
  const present = addressConditionOf(object);
  const others = conditionsOf(object).filter((condition) => condition["type"] !== ADDRESS_ASSIGNED);
  if (assignment === undefined)
    return present === undefined ? {} : { conditions: others.length > 0 ? others : undefined };
  const { addresses, reason, message } = assignment;
  const status = addresses.length > 0 ? "True" : "False";
  const isSame = present?.["status"] === status && present["reason"] === reason && present["message"] === message;
  if (isSame) return {};
  const since = present?.["status"] === status ? present["lastTransitionTime"] : undefined;
  const lastTransitionTime = typeof since === "string" ? since : new Date(wallMs).toISOString().replace(/\.\d+Z$/, "Z");
  const condition: Condition = { type: ADDRESS_ASSIGNED, status, reason, message, lastTransitionTime };
  return { conditions: [...others, condition] };
}
