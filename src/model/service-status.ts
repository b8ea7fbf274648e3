import { type Ip, parseIp } from "#src/ip/address.ts";
import type { KubeObject } from "./object.ts";
import { type Fields, listOf, recordOf } from "./record.ts";

/** The annotation on a Service that names the pools its addresses are from, comma-separated. */
export const POOL_ANNOTATION = "hawser.dev/ip-allocated-from-pool";

/** The annotation on a Service that lists the addresses that Hawser assigned to it, comma-separated. */
export const ADDRESSES_ANNOTATION = "hawser.dev/assigned-addresses";

/** The annotation on a Service that shares its address: by what, when it got the address. */
export const TERMS_ANNOTATION = "hawser.dev/sharing-terms";

/**
 * The annotation on a Service that lists those of its addresses which leave it, comma-separated: it got others in their place,
 * and keeps these until speakers answer for the others.
 */
export const LEAVING_ANNOTATION = "hawser.dev/leaving-addresses";

/**
 * The annotation on a Service that lists addresses which it is to give up, comma-separated: written by `hawser release` or a
 * person; the controller takes an address out of it in the write that takes it out of the status.
 */
export const RELEASE_ANNOTATION = "hawser.dev/release-addresses";

/** The condition on a Service (`status.conditions[].type`): True while it has an address; reason and message say why. */
export const ADDRESS_ASSIGNED = "hawser.dev/AddressAssigned";

/**
 * The condition on a Service that has an address: True while speakers answer for all of them, False when that is not so
 * for longer than a takeover lasts, Unknown until the first report of it.
 */
export const ANNOUNCED = "hawser.dev/Announced";

/**
 * The condition on a Service that shares its address: True while it has one, and the message is by what it shares, as in the annotation.
 * It counts before the annotation, because who may edit a Service may not edit its status.
 */
export const SHARES_ADDRESS = "hawser.dev/SharesAddress";

/** The entries of `status.loadBalancer.ingress`, whatever they are; empty where there are none. */
export function ingressOf(object: KubeObject): readonly Fields[] {
  return listOf(recordOf(recordOf(object["status"])["loadBalancer"])["ingress"]).map(recordOf);
}

/** What a Service has, as far as it can be found out even of an unreadable one: in its status, and as external IPs. */
export function addressesHeldBy(object: KubeObject): readonly Ip[] {
  return [...addressesShownBy(object), ...parsed(listOf(recordOf(object["spec"])["externalIPs"]))];
}

/** What the status of a Service holds, also of an unreadable one. */
export function addressesShownBy(object: KubeObject): readonly Ip[] {
  return parsed(ingressOf(object).map(({ ip }) => ip));
}

function parsed(texts: readonly unknown[]): readonly Ip[] {
  return texts.flatMap((text) => (typeof text === "string" ? (parseIp(text) ?? []) : []));
}

/** The entries of `status.conditions`, ours and those of others. */
export function conditionsOf(object: KubeObject): readonly Fields[] {
  return listOf(recordOf(object["status"])["conditions"]).map(recordOf);
}

/** The condition of a type as it is now; undefined where the Service has none. */
export function conditionOf(object: KubeObject, type: string): Fields | undefined {
  return conditionsOf(object).find((condition) => condition["type"] === type);
}

/** By what a Service shares its address, as its status says; undefined where that does not say it. */
export function sharedTermsIn(object: KubeObject): string | undefined {
  const { status, message } = conditionOf(object, SHARES_ADDRESS) ?? {};
  return status === "True" && typeof message === "string" ? message : undefined;
}

/** Our condition about addresses as it is now; undefined where the Service has none yet. */
export function addressConditionOf(object: KubeObject): Fields | undefined {
  return conditionOf(object, ADDRESS_ASSIGNED);
}
