import { isMap } from "./field.ts";
import type { KubeObject } from "./object.ts";

/** The condition on a Service (`status.conditions[].type`): True while it has an address; reason and message say why. */
export const ADDRESS_ASSIGNED = "hawser.dev/AddressAssigned";

/**
 * The condition on a Service that has an address: True while speakers answer for all of them, False when that is not so
 * for longer than a takeover lasts, Unknown until the first word of it.
 */
export const ANNOUNCED = "hawser.dev/Announced";

/** Fields of unknown values, as a status holds them: it may be written by anybody. */
export type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return isMap(value) ? value : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

/** The entries of `status.loadBalancer.ingress`, whatever they are; empty where there are none. */
export function ingressOf(object: KubeObject): readonly Fields[] {
  return listOf(fieldsOf(fieldsOf(object["status"])["loadBalancer"])["ingress"]);
}

/** The entries of `status.conditions`, ours and those of others. */
export function conditionsOf(object: KubeObject): readonly Fields[] {
  return listOf(fieldsOf(object["status"])["conditions"]);
}

/** The condition of a type as it stands; undefined where the Service has none. */
export function conditionOf(object: KubeObject, type: string): Fields | undefined {
  return conditionsOf(object).find((condition) => condition["type"] === type);
}

/** Our condition about addresses as it stands; undefined where the Service has none yet. */
export function addressConditionOf(object: KubeObject): Fields | undefined {
  return conditionOf(object, ADDRESS_ASSIGNED);
}
