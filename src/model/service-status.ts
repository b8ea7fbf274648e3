import { isMap } from "./field.ts";
import type { KubeObject } from "./object.ts";

/** The condition on a Service (`status.conditions[].type`): True while it has an address; reason and message say why. */
export const ADDRESS_ASSIGNED = "hawser.dev/AddressAssigned";

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

/** Our condition as it stands; undefined where the Service has none yet. */
export function addressConditionOf(object: KubeObject): Fields | undefined {
  return conditionsOf(object).find((condition) => condition["type"] === ADDRESS_ASSIGNED);
}
