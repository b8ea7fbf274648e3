import { complain, type Field, quote } from "#src/model/field.ts";
import { readValuePattern, type ValuePattern } from "#src/pattern/value-pattern.ts";
import type { AnnotationRecord, ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { balancingUnreadable } from "./balancing-unreadable.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { servedField } from "./served-field.ts";
import { FIELD_NAME } from "./field-name.ts";

/** Weights and totals above this say nothing that a smaller one could not. */
const MAX_WEIGHT = 1_000_000;

const CANARY: ServedAnnotation<boolean> = {
  names: ["canary"],
  doc: "The Ingress is a canary, with `true`. It gets a part of the requests for the paths that it shares with another Ingress of its namespace (same host, path and type), whose other annotations hold for it; a path that no other Ingress has gets none",
  served: { prefixes: OWN_PREFIXES, parse: parseCanary },
  risks: [
    { effect: "canary", asks: ASKS.true },
    // Another value for "on" makes no canary for ingress-nginx, though its writer may have meant one.
    { effect: "reaches-other", asks: ASKS.on },
  ],
};

const CANARY_BY_HEADER: ServedAnnotation<string> = {
  names: ["canary-by-header"],
  doc: "Of a canary: the name of a header. `always` sends a request to the canary, `never` to the main Ingress; else the cookie decides, then the weight",
  served: { prefixes: OWN_PREFIXES, parse: parseName },
};

const CANARY_BY_HEADER_VALUE: ServedAnnotation<string> = {
  names: ["canary-by-header-value"],
  doc: "With `canary-by-header`: this value sends a request to the canary, instead of `always`; no value sends it to the main Ingress",
  served: { prefixes: OWN_PREFIXES, parse: (field) => String(field.value).trim() },
};

const CANARY_BY_HEADER_PATTERN: ServedAnnotation<ValuePattern> = {
  names: ["canary-by-header-pattern"],
  doc: "With `canary-by-header`, and where there is no `canary-by-header-value`: a regular expression. Values that it matches, at any place and with regard to case, send a request to the canary, instead of `always`; one of more than 1,024 characters does not match",
  served: { prefixes: OWN_PREFIXES, parse: parsePattern },
};

const CANARY_BY_COOKIE: ServedAnnotation<string> = {
  names: ["canary-by-cookie"],
  doc: "Of a canary: the name of a cookie. `always` sends a request to the canary, `never` to the main Ingress; else the weight decides",
  served: { prefixes: OWN_PREFIXES, parse: parseName },
};

const CANARY_WEIGHT: ServedAnnotation<number> = {
  names: ["canary-weight"],
  doc: "Of a canary: how many of `canary-weight-total` requests it gets, by chance; 0 by default",
  served: { prefixes: OWN_PREFIXES, parse: (field) => parseWeight(field, 0) },
};

const CANARY_WEIGHT_TOTAL: ServedAnnotation<number> = {
  names: ["canary-weight-total"],
  doc: "What `canary-weight` is a part of; 100 by default. ingress-nginx takes a total below 100 for 100",
  served: { prefixes: OWN_PREFIXES, parse: (field) => parseWeight(field, 1) },
};

/** Whether the cookie of a session decides between a canary and its main Ingress before all else does. */
type AffinityCanaryBehavior = "sticky" | "legacy";

const AFFINITY_CANARY_BEHAVIOR: ServedAnnotation<AffinityCanaryBehavior> = {
  names: ["affinity-canary-behavior"],
  doc: "Of a canary, where the main Ingress has `affinity`. `sticky` (the default): a session stays with the canary, or with the main Ingress, and the canary keeps it at one endpoint, too. `legacy`: sessions do not decide this",
  served: { prefixes: OWN_PREFIXES, parse: parseBehavior },
};

/** The annotations of canaries, by the names of their settings. */
export const CANARIES = {
  canary: CANARY,
  canaryByHeader: CANARY_BY_HEADER,
  canaryByHeaderValue: CANARY_BY_HEADER_VALUE,
  canaryByHeaderPattern: CANARY_BY_HEADER_PATTERN,
  canaryByCookie: CANARY_BY_COOKIE,
  canaryWeight: CANARY_WEIGHT,
  canaryWeightTotal: CANARY_WEIGHT_TOTAL,
  affinityCanaryBehavior: AFFINITY_CANARY_BEHAVIOR,
} as const satisfies Readonly<Record<string, ServedAnnotation<unknown>>>;

/** What else there may be of them. */
export const UNSERVED_CANARY: AnnotationRecord = {
  names: ["canary-*"],
  doc: "Which other part",
  risks: [{ effect: "ignored" }],
};

/** Says of an Ingress that is not a canary which of its annotations count for canaries alone. */
export function complainOfNoCanary(root: Field): void {
  for (const record of Object.values<ServedAnnotation<unknown>>(CANARIES)) {
    const field = record === CANARY ? undefined : servedField(root, record);
    if (field === undefined) continue;
    complain(field, "INGRESS_ANNOTATION_UNKNOWN", {
      what: "Ignored this annotation",
      why: "the Ingress is not a canary",
      fix: 'Write the annotation canary: "true", if it is to be one; else remove this one',
      severity: "warning",
    });
  }
}

/** What ingress-nginx takes for true and false (Go, strconv.ParseBool); anything else is unreadable where it asks for something. */
function parseCanary(field: Field): boolean | undefined {
  const text = String(field.value).trim();
  if (ASKS.true(text)) return true;
  if (!ASKS.on(text) || /^f$/i.test(text)) return false;
  return complain(field, "INGRESS_CANARY_INVALID", {
    what: "Closed all paths of this Ingress",
    why: `${quote(text)} is neither true nor false, and as a main Ingress it could take the requests of another one`,
    fix: 'Write "true" if it is a canary, else remove the annotation',
  });
}

function parseName(field: Field): string | undefined {
  const text = String(field.value).trim();
  if (FIELD_NAME.test(text)) return text.toLowerCase();
  return ignored(field, "a name without blanks, of at most 128 characters");
}

function parsePattern(field: Field): ValuePattern | undefined {
  const pattern = readValuePattern(String(field.value).trim());
  if (!("why" in pattern)) return pattern;
  return complain(field, "INGRESS_CANARY_INVALID", {
    what: `Ignored ${quote(field.value)}: in its place the words always and never count`,
    why: `it is a regular expression that Hawser cannot use: ${pattern.why}`,
    fix: "Write another expression",
  });
}

function parseWeight(field: Field, min: number): number | undefined {
  const text = String(field.value).trim();
  if (/^\d{1,7}$/.test(text) && Number(text) >= min && Number(text) <= MAX_WEIGHT) return Number(text);
  return ignored(field, `a whole number from ${min} to ${MAX_WEIGHT}`);
}

function parseBehavior(field: Field): AffinityCanaryBehavior | undefined {
  const text = String(field.value).trim();
  if (text === "sticky" || text === "legacy") return text;
  return balancingUnreadable(field, {
    what: `Ignored ${quote(text)}: the default counts`,
    why: "it is neither sticky nor legacy",
    fix: "Write sticky or legacy",
  });
}

function ignored(field: Field, wanted: string): undefined {
  return complain(field, "INGRESS_CANARY_INVALID", {
    what: `Ignored ${quote(field.value)}: by it no request is sent to the canary`,
    why: `it is not ${wanted}`,
    fix: `Write ${wanted}`,
  });
}
