import type { Field } from "#src/model/field.ts";
import { quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { parseRequestTemplate } from "./parse-request-template.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import type { RequestTemplate } from "./request-template.ts";
import { settingUnreadable } from "./setting-unreadable.ts";

/** How long an answer of the service counts, by its status. */
export interface CacheDuration {
  /** `any`: all that are not named otherwise. */
  readonly statuses: readonly number[] | "any";
  readonly ms: number;
}

const MAX_DURATIONS = 16;

export const AUTH_CACHE_KEY: ServedAnnotation<RequestTemplate> = {
  names: ["auth-cache-key"],
  doc: "A text with variables of nginx: requests for the same host and path of the Ingress, with the same text, share an answer of that service for a while",
  served: { prefixes: OWN_PREFIXES, parse: parseRequestTemplate },
  risks: [{ effect: "ignored" }],
};

export const AUTH_CACHE_DURATION: ServedAnnotation<readonly CacheDuration[]> = {
  names: ["auth-cache-duration"],
  doc: "For how long, by status: `200 202 401 5m` (the default), several with commas",
  served: { prefixes: OWN_PREFIXES, parse: parseCacheDuration },
  risks: [{ effect: "ignored" }],
};

/** `200 202 5m, 401 30s`: statuses, and how long an answer counts; without statuses 200, 301 and 302, as in nginx. None where it cannot be read. */
function parseCacheDuration(field: Field): readonly CacheDuration[] {
  const text = String(field.value).trim();
  const items = text.split(",").map((item) => readDuration(item.trim()));
  if (items.length <= MAX_DURATIONS && items.every((item) => item !== undefined)) return items;
  settingUnreadable(field, {
    what: `Cannot keep answers for ${quote(text)}: none is kept`,
    why: "it is not a list of statuses and times",
    fix: "Write it such as 200 202 401 5m",
  });
  // The default could keep them for longer than was meant.
  return [];
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  "": 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** Longer than this no answer is kept. */
const MAX_CACHE_MS = 604_800_000;
const NGINX_STATUSES = [200, 301, 302];

function readDuration(item: string): CacheDuration | undefined {
  const words = item.split(/\s+/);
  const ms = readTime(words.at(-1) ?? "");
  const names = words.slice(0, -1);
  if (ms === undefined) return undefined;
  if (names.includes("any")) return names.length === 1 ? { statuses: "any", ms } : undefined;
  const statuses = names.map(Number);
  if (!names.every((name) => /^[1-5]\d\d$/.test(name))) return undefined;
  return { statuses: statuses.length === 0 ? NGINX_STATUSES : statuses, ms };
}

/** `1h30m`, `300`: seconds where there is no unit. */
function readTime(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:ms|[smhdw]))*\d{1,9}(?:ms|[smhdw])?$/.test(text)) return undefined;
  let total = 0;
  for (const [, number = "", unit = ""] of text.matchAll(/(\d+)(ms|[smhdw])?/g))
    total += Number(number) * UNITS_MS[unit]!;
  return Math.min(total, MAX_CACHE_MS);
}
