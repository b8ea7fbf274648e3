import { parseSessionCookie, sessionTag } from "#src/balancing/session-cookie.ts";
import { type ValuePattern, valueMatches } from "#src/pattern/value-pattern.ts";
import type { Balancing } from "./balancing.ts";

/** Another backend, which gets a part of the requests of a rule. */
export interface Canary {
  /** `namespace/name` of the Ingress that it was written in. */
  readonly object: string;
  /** As that of the rule: `namespace/name:port`. */
  readonly backend: string;
  /** The Service itself chooses the endpoint. */
  readonly isByService: boolean;
  /** How its endpoints are chosen; undefined: in turns. */
  readonly balancing: Balancing | undefined;
  readonly byHeader: CanaryHeader | undefined;
  /** Its name, in small letters. */
  readonly byCookie: string | undefined;
  /** Of `total` requests so many. */
  readonly weight: number;
  readonly total: number;
  /** A session stays where it is, whatever the others say. */
  readonly keepsSessions: boolean;
}

/** The header that sends requests to a canary. */
interface CanaryHeader {
  /** In small letters. */
  readonly name: string;
  /** The value that does so, else an expression for such values; where there is neither, the words `always` and `never` count. */
  readonly value: string | undefined;
  readonly pattern: ValuePattern | undefined;
}

/** What a canary asks of a request. Names are in small letters. */
export interface CanaryRequest {
  header(name: string): string | undefined;
  cookie(name: string): string | undefined;
  /** From 0 to below 1. */
  chance(): number;
}

/** Whether a canary gets a request: by its header, else by its cookie, else by its weight (as in ingress-nginx). */
export function takesCanary({ byHeader, byCookie, weight, total }: Canary, request: CanaryRequest): boolean {
  const value = byHeader && request.header(byHeader.name);
  const byValue = value === undefined ? undefined : takesByHeader(byHeader!, value);
  if (byValue !== undefined) return byValue;
  const cookie = byCookie === undefined ? undefined : request.cookie(byCookie);
  if (cookie === "always" || cookie === "never") return cookie === "always";
  return weight > 0 && request.chance() * total < weight;
}

/** Undefined: the value says nothing. */
function takesByHeader({ value: wanted, pattern }: CanaryHeader, value: string): boolean | undefined {
  if (wanted !== undefined) return wanted === value || undefined;
  if (pattern !== undefined) return valueMatches(pattern, value) || undefined;
  return value === "always" ? true : value === "never" ? false : undefined;
}

/** Which of two backends the session of a client is of, by its cookie (name in small letters); undefined where it has none of either. */
export function backendOfSession(
  cookieName: string,
  keys: { readonly main: string; readonly canary: string },
  request: CanaryRequest,
): "main" | "canary" | undefined {
  const tag = parseSessionCookie(request.cookie(cookieName))?.tag;
  if (tag === undefined) return undefined;
  if (tag === sessionTag(keys.main)) return "main";
  return tag === sessionTag(keys.canary) ? "canary" : undefined;
}
