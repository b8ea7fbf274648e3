import { LOG_VARIABLE_NAMES, type LogVariableName } from "./log-variable-names.ts";
import { nearest } from "./nearest.ts";

/** A line of the access log as a template of nginx says it. */
export interface LogTemplate {
  /** A text, or a variable; null: one that Hawser does not have. */
  readonly parts: readonly (string | { readonly variable: LogVariableName | null })[];
  /** How values of variables are written: `\xXX` as nginx does by default, or as in a text of JSON. */
  readonly escape: "nginx" | "json";
  /** Names of variables that Hawser does not have, without `$`. */
  readonly unknown: readonly string[];
}

const MAX_TEMPLATE_LENGTH = 4_096;
const MAX_VARIABLES = 64;
const PART = /\$(?:\{(\w+)\}|(\w+))|[^$]+|\$/g;
const KNOWN: ReadonlySet<string> = new Set(LOG_VARIABLE_NAMES);

/** Reads a template with variables of nginx; a text says why it cannot be used. */
export function readLogTemplate(template: string, escape: LogTemplate["escape"] = "nginx"): LogTemplate | string {
  if (template.length > MAX_TEMPLATE_LENGTH) return `it has more than ${MAX_TEMPLATE_LENGTH} characters`;
  if (!/^[\x20-\x7e]*$/.test(template)) return "it has other characters than visible ASCII and blanks";
  const parts: LogTemplate["parts"][number][] = [];
  const unknown = new Set<string>();
  for (const [whole, braced, bare] of template.matchAll(PART)) {
    const name = braced ?? bare;
    if (name === undefined && whole === "$") return "it has a $ without the name of a variable";
    if (name === undefined) parts.push(whole);
    else if (isKnown(name)) parts.push({ variable: name });
    else {
      parts.push({ variable: null });
      unknown.add(name);
    }
  }
  const variables = parts.filter((part) => typeof part !== "string").length;
  if (variables === 0) return "it has no variable";
  if (variables > MAX_VARIABLES) return `it has more than ${MAX_VARIABLES} variables`;
  return { parts, escape, unknown: [...unknown] };
}

/** Why a template cannot be used that has a variable of this name. */
export function noSuchLogVariable(name: string): string {
  const guess = nearest(name, LOG_VARIABLE_NAMES);
  return `there is no variable $${name}${guess === undefined ? "" : `; did you mean $${guess}?`}`;
}

function isKnown(name: string): name is LogVariableName {
  return KNOWN.has(name);
}
