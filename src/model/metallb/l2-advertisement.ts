import type { Layer2Advertisement } from "#src/model/advertisement.ts";
import {
  child,
  complainInvalid,
  complainMissing,
  type Field,
  hasError,
  isUnset,
  readEach,
  readInteger,
  readList,
  readMap,
} from "#src/model/field.ts";
import { whyNoSelector } from "#src/model/takes-interface.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { warnOfUnknownKeys } from "#src/model/unknown-keys.ts";
import { openResource, type Resource } from "./resource.ts";
import { readKubeSelector, readUniqueSelectors, readUniqueTexts } from "./read-unique.ts";

/** Which IPAddressPools an advertisement is for: those named and those selected; with neither, all. */
export interface PoolChoice {
  readonly names: readonly string[];
  readonly selectors: readonly LabelSelector[];
}

/** An L2Advertisement (metallb.io/v1beta1), strictly read. */
export interface L2Advertisement extends Resource {
  readonly choice: PoolChoice;
  /** What it says, without the pools, which depend on the other objects. */
  readonly rule: Omit<Layer2Advertisement, "pools">;
}

const KEYS = [
  "ipAddressPools",
  "ipAddressPoolSelectors",
  "nodeSelectors",
  "interfaces",
  "serviceSelectors",
  "preferredNodeSelectors",
];

/** Reads an L2Advertisement. Without `spec` it is for all pools, all nodes and all interfaces. */
export function parseL2Advertisement(object: KubeObject): Parsed<L2Advertisement> {
  const { resource, root, spec } = openResource(object, { keys: KEYS });
  const { problems } = root;
  const choice = readPoolChoice(spec);
  const rule = {
    kind: "layer2",
    name: resource.name,
    resource: resource.key,
    nodeSelectors: readUniqueSelectors(child(spec, "nodeSelectors")),
    serviceSelectors: readUniqueSelectors(child(spec, "serviceSelectors")),
    interfaces: readUniqueTexts(child(spec, "interfaces"), complainOfBadPattern),
    preferredNodes: readEach(readList(child(spec, "preferredNodeSelectors")), readPreference),
  } as const;
  if (hasError(problems)) return { ok: false, problems };
  return { ok: true, value: { ...resource, choice, rule }, problems };
}

/** Reads `ipAddressPools` and `ipAddressPoolSelectors`. */
export function readPoolChoice(spec: Field): PoolChoice {
  return {
    names: readUniqueTexts(child(spec, "ipAddressPools")),
    selectors: readUniqueSelectors(child(spec, "ipAddressPoolSelectors")),
  };
}

/** MetalLB takes every text for a name. One that no interface has does no harm there and here, but for half a pattern. */
function complainOfBadPattern(field: Field, text: string): void {
  const bad = /[!*?/]/.test(text) ? whyNoSelector(text) : undefined;
  if (bad !== undefined) complainInvalid(field, bad.why, bad.fix);
}

/** Nodes and the weight that makes them come before others. */
function readPreference(field: Field): Layer2Advertisement["preferredNodes"][number] | undefined {
  const fix = "Write weight: 1 to 100 and preference: with a label selector";
  if (isUnset(field)) return complainMissing(field, fix);
  if (!readMap(field)) return undefined;
  warnOfUnknownKeys(field, ["weight", "preference"]);
  const [weightField, preference] = [child(field, "weight"), child(field, "preference")];
  for (const one of [weightField, preference]) if (isUnset(one)) complainMissing(one, fix);
  const weight = readInteger(weightField, { min: 1, max: 100 });
  const selector = readKubeSelector(preference);
  return weight === undefined || selector === undefined ? undefined : { weight, selector };
}
