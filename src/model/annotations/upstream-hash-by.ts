import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { balancingUnreadable } from "./balancing-unreadable.ts";
import { parseSwitch } from "./parse-switch.ts";
import { OWN_PREFIXES } from "./prefixes.ts";

/** A variable of nginx that stands for one part of a request. */
const HASH_VARIABLES = [
  "args",
  "binary_remote_addr",
  "document_uri",
  "host",
  "query_string",
  "remote_addr",
  "request_method",
  "request_uri",
  "scheme",
  "server_name",
  "uri",
] as const;

/** What begins the variables that have a name of the user's behind it. */
const FAMILIES = { http_: "header", cookie_: "cookie", arg_: "argument" } as const;

/**
 * One part of what a request is hashed by: a text, a variable, or a header, cookie or argument of the query by its name in
 * small letters (a header's with hyphens).
 */
export type HashPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: (typeof HASH_VARIABLES)[number] }
  | { readonly kind: "header" | "cookie" | "argument"; readonly name: string };

const MAX_TEXT = 1_024;
const MAX_PARTS = 16;
/** A variable, or text without a dollar sign. */
const PART = /\$(?:\{(\w+)\}|(\w+))|[^$]+|\$/g;

export const UPSTREAM_HASH_BY: ServedAnnotation<readonly HashPart[]> = {
  names: ["upstream-hash-by"],
  doc: `Requests with the same text go to the same endpoint, by consistent hashing: text with ${HASH_VARIABLES.map((name) => `\`$${name}\``).join(", ")}, \`$http_NAME\`, \`$cookie_NAME\` and \`$arg_NAME\`. Where all of these are empty, endpoints are chosen by \`load-balance\``,
  served: { prefixes: OWN_PREFIXES, parse: parseHashBy },
};

export const UPSTREAM_HASH_BY_SUBSET: ServedAnnotation<boolean> = {
  names: ["upstream-hash-by-subset"],
  doc: "With `upstream-hash-by`: each text has several endpoints, of which each request gets one by chance",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
};

export const UPSTREAM_HASH_BY_SUBSET_SIZE: ServedAnnotation<number> = {
  names: ["upstream-hash-by-subset-size"],
  doc: "How many endpoints each text has with `upstream-hash-by-subset`; 3 by default",
  served: { prefixes: OWN_PREFIXES, parse: parseSize },
};

/** A whole number from 1 to 1000. */
function parseSize(field: Field): number | undefined {
  const text = String(field.value).trim();
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1_000) return Number(text);
  return balancingUnreadable(field, {
    what: `Ignored ${quote(text)}: a subset has 3 endpoints`,
    why: "it is not a whole number from 1 to 1000",
    fix: "Write such a number",
  });
}

function parseHashBy(field: Field): readonly HashPart[] | undefined {
  const text = String(field.value).trim();
  if (text.length > MAX_TEXT) return ignored(field, `it has more than ${MAX_TEXT} characters`);
  const parts: HashPart[] = [];
  for (const [whole, braced, bare] of text.matchAll(PART)) {
    const part = partOf(whole, braced ?? bare);
    if (part === undefined) return ignored(field, `${quote(whole)} is not a variable that Hawser knows`);
    parts.push(part);
  }
  if (parts.length > MAX_PARTS) return ignored(field, `it has more than ${MAX_PARTS} parts`);
  if (parts.every(({ kind }) => kind === "text"))
    return ignored(field, "it has no variable, so that all requests would go to one endpoint");
  return parts;
}

function partOf(text: string, variable: string | undefined): HashPart | undefined {
  if (variable === undefined) return text === "$" ? undefined : { kind: "text", text };
  const name = variable.toLowerCase();
  const known = HASH_VARIABLES.find((one) => one === name);
  if (known !== undefined) return { kind: "variable", name: known };
  for (const [start, kind] of Object.entries(FAMILIES)) {
    const rest = name.slice(start.length);
    if (name.startsWith(start) && rest !== "")
      return { kind, name: kind === "header" ? rest.replaceAll("_", "-") : rest };
  }
  return undefined;
}

function ignored(field: Field, why: string): undefined {
  return balancingUnreadable(field, {
    what: `Ignored ${quote(field.value)}: endpoints are chosen by load-balance`,
    why,
    fix: "Write text with variables such as $request_uri, $remote_addr or $http_x_user",
  });
}
