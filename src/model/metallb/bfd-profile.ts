import { BFD_LIMITS, type BfdProfile } from "#src/model/bfd-profile.ts";
import { child, hasError, readBoolean, readInteger } from "#src/model/field.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { openResource, type Resource } from "./resource.ts";

/** A BFDProfile (metallb.io/v1beta1), strictly read. */
export interface BfdProfileResource extends Resource {
  readonly profile: BfdProfile;
}

/** The numbers of a profile, by their names in `spec` and in ours. */
const NUMBERS = [
  { key: "receiveInterval", name: "receiveIntervalMs" },
  { key: "transmitInterval", name: "transmitIntervalMs" },
  { key: "echoInterval", name: "echoIntervalMs" },
  { key: "detectMultiplier", name: "detectMultiplier" },
  { key: "minimumTtl", name: "minimumTtl" },
] as const;

const KEYS = [...NUMBERS.map(({ key }) => key), "echoMode", "passiveMode"];

/** Reads a BFDProfile. */
export function parseBfdProfile(object: KubeObject): Parsed<BfdProfileResource> {
  const { resource, root, spec } = openResource(object, { keys: KEYS });
  const { problems } = root;
  const numbers = NUMBERS.flatMap(({ key, name }) => {
    const number = readInteger(child(spec, key), BFD_LIMITS[name]);
    return number === undefined ? [] : [[name, number] as const];
  });
  const profile: BfdProfile = {
    name: resource.name,
    ...Object.fromEntries(numbers),
    echoMode: readBoolean(child(spec, "echoMode")) ?? false,
    passiveMode: readBoolean(child(spec, "passiveMode")) ?? false,
  };
  if (hasError(problems)) return { ok: false, problems };
  return { ok: true, value: { ...resource, profile }, problems };
}
