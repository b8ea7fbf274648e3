import type { Field } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import type { IngressSettings } from "./ingress-settings.ts";
import { parseSwitch } from "./parse-switch.ts";
import { OWN_PREFIXES, PREFIXES } from "./prefixes.ts";
import { servedField } from "./served-field.ts";
import { hasGroups, REWRITE_TARGET } from "./rewrite-target.ts";

export const USE_REGEX: ServedAnnotation<boolean> = {
  names: ["use-regex"],
  doc: "Paths with special characters, and all of ImplementationSpecific, are regular expressions: compared without regard to case, from the beginning of the path",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
  risks: [{ effect: "reaches-other", asks: ASKS.on }],
};

/**
 * Whether the paths of an Ingress are regular expressions where they can be: `use-regex`, `rewrite-target` of
 * ingress-nginx, or a target with groups.
 */
export function usesRegex(root: Field, { useRegex, rewrite }: IngressSettings): boolean {
  if (useRegex === true || (rewrite !== undefined && hasGroups(rewrite))) return true;
  return servedField(root, REWRITE_TARGET)?.path.includes(`"${PREFIXES.nginx}`) === true;
}
