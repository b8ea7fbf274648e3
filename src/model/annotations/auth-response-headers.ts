import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { askedWith } from "./asked-with.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { restrictionUnreadable } from "./restriction-unreadable.ts";

/** Header fields that are passed on from one answer. */
const MAX_HEADERS = 32;
const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;
/** Fields that say how a message is sent, or that Hawser writes itself. */
const NOT_PASSED =
  /^(?:connection|content-length|transfer-encoding|upgrade|host|te|trailer|keep-alive|expect|date|set-cookie|proxy-.*|proxy|x-hawser-hops|x-request-id|x-real-ip|x-forwarded-(?:for|host|proto|port))$/i;

export const AUTH_RESPONSE_HEADERS: ServedAnnotation<readonly string[]> = {
  names: ["auth-response-headers"],
  doc: "Header fields of the answer of that service, with commas, that the Service gets. Those of clients with these names never pass",
  served: { prefixes: OWN_PREFIXES, parse: parseAuthResponseHeaders },
  // Without it a client could write what only the service may say.
  risks: [{ effect: "restriction", asks: askedWith("auth-url") }, { effect: "ignored" }],
};

/** The names in lower case, each once. */
function parseAuthResponseHeaders(field: Field): readonly string[] | undefined {
  const names = String(field.value)
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const bad = names.find((name) => !TOKEN.test(name) || NOT_PASSED.test(name.replaceAll("_", "-")));
  const unique = [...new Set(names.map((name) => name.toLowerCase()))];
  if (bad === undefined && unique.length <= MAX_HEADERS) return unique;
  return restrictionUnreadable(field, {
    what:
      bad === undefined
        ? `Cannot pass on ${unique.length} header fields`
        : `Cannot pass on the header field ${quote(bad)}`,
    why: whyNotPassed(bad),
    fix: "Write names such as X-Auth-Request-User, with commas between them",
  });
}

function whyNotPassed(bad: string | undefined): string {
  if (bad === undefined) return `${MAX_HEADERS} are the most`;
  return TOKEN.test(bad)
    ? "it says how a message is sent, or Hawser writes it itself"
    : "it is not a name of letters, digits, - and _";
}
