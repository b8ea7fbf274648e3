import type { Field } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import type { IngressSettings } from "./ingress-settings.ts";
import { parseSwitch } from "./parse-switch.ts";
import { OWN_PREFIXES, PREFIXES } from "./prefixes.ts";
import { servedField } from "./served-field.ts";
import { REWRITE_TARGET } from "./rewrite-target.ts";

export const USE_REGEX: ServedAnnotation<boolean> = {
  names: ["use-regex"],
  doc: "Paths may be regular expressions. Those that are one are closed, because Hawser does not compare by them yet",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
  risks: [{ effect: "reaches-other", asks: ASKS.on }],
};

/**
 * Whether the paths of an Ingress are regular expressions where they can be: `use-regex`, or `rewrite-target` of
 * ingress-nginx.
 */
export function usesRegex(root: Field, { useRegex }: IngressSettings): boolean {
  const rewrite = servedField(root, REWRITE_TARGET);
  return useRegex === true || rewrite?.path.includes(`"${PREFIXES.nginx}`) === true;
}
