import { complainInvalid, complainMissing, type Field, isUnset, readText } from "#src/model/field.ts";
import { isDnsSubdomain } from "#src/model/name.ts";

/** The name of an object of the policy's own namespace; undefined, with a Problem, where there is none or it cannot be one. */
export function readObjectName(field: Field, kind: "Secret" | "ConfigMap"): string | undefined {
  const fix = `Write the name of a ${kind} of this namespace`;
  if (isUnset(field)) return complainMissing(field, fix);
  const name = readText(field);
  if (name === undefined || isDnsSubdomain(name)) return name;
  return complainInvalid(field, `it cannot be the name of a ${kind}`, fix);
}
