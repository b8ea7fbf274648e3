import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { balancingUnreadable } from "./balancing-unreadable.ts";
import { parseSwitch } from "./parse-switch.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { FIELD_NAME } from "./field-name.ts";

/**
 * How a client stays with an endpoint. `balanced`: by the hash of its session, so that a new endpoint gets its share of the
 * sessions; `persistent`: as long as the endpoint is there.
 */
export type AffinityMode = "balanced" | "persistent";

export const AFFINITY: ServedAnnotation<"cookie"> = {
  names: ["affinity"],
  doc: "A client stays with one endpoint: `cookie`, by a cookie that every replica understands",
  served: { prefixes: OWN_PREFIXES, parse: choiceOf({ cookie: "cookie" }) },
};

export const AFFINITY_MODE: ServedAnnotation<AffinityMode> = {
  names: ["affinity-mode"],
  doc: "What becomes of sessions. `balanced` (the default): a new endpoint takes over its share of the sessions. `persistent`: a session stays as long as its endpoint is there",
  served: {
    prefixes: OWN_PREFIXES,
    parse: choiceOf<AffinityMode>({ balanced: "balanced", persistent: "persistent" }),
  },
};

export const SESSION_COOKIE_NAME: ServedAnnotation<string> = {
  names: ["session-cookie-name"],
  doc: "The name of the cookie; `INGRESSCOOKIE` by default",
  served: {
    prefixes: OWN_PREFIXES,
    parse: textOf(FIELD_NAME, "a name of a cookie, of at most 128 characters (RFC 6265)"),
  },
};

export const SESSION_COOKIE_PATH: ServedAnnotation<string> = {
  names: ["session-cookie-path"],
  doc: "The path for which clients send the cookie; that of the rule by default",
  served: { prefixes: OWN_PREFIXES, parse: textOf(/^\/[\x21-\x3a\x3c-\x7e]{0,1023}$/, "a path without blanks and ;") },
};

export const SESSION_COOKIE_DOMAIN: ServedAnnotation<string> = {
  names: ["session-cookie-domain"],
  doc: "The domain for which clients send the cookie; the host alone by default",
  served: { prefixes: OWN_PREFIXES, parse: textOf(/^\.?[A-Za-z0-9](?:[-.A-Za-z0-9]{0,252})$/, "a name of a domain") },
};

export const SESSION_COOKIE_EXPIRES: ServedAnnotation<number> = {
  names: ["session-cookie-expires"],
  doc: "After how many seconds clients forget the cookie, as a date; by default when the browser ends",
  served: { prefixes: OWN_PREFIXES, parse: parseSeconds },
};

export const SESSION_COOKIE_MAX_AGE: ServedAnnotation<number> = {
  names: ["session-cookie-max-age"],
  doc: "After how many seconds clients forget the cookie",
  served: { prefixes: OWN_PREFIXES, parse: parseSeconds },
};

export const SESSION_COOKIE_SAME_SITE: ServedAnnotation<"None" | "Lax" | "Strict"> = {
  names: ["session-cookie-samesite"],
  doc: "Whether clients send the cookie with requests that other sites cause: `None`, `Lax` or `Strict`",
  served: {
    prefixes: OWN_PREFIXES,
    parse: choiceOf<"None" | "Lax" | "Strict">({ none: "None", lax: "Lax", strict: "Strict" }),
  },
};

export const SESSION_COOKIE_CONDITIONAL_SAME_SITE: ServedAnnotation<boolean> = {
  names: ["session-cookie-conditional-samesite-none"],
  doc: "Whether browsers from before 2020 that do not understand `SameSite=None` get the cookie without it, by what `User-Agent` says, as in ingress-nginx",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
};

export const SESSION_COOKIE_SECURE: ServedAnnotation<boolean> = {
  names: ["session-cookie-secure"],
  doc: "Whether clients send the cookie by TLS only; by default where it was set by TLS. It is always `HttpOnly`",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
};

export const SESSION_COOKIE_CHANGE_ON_FAILURE: ServedAnnotation<boolean> = {
  names: ["session-cookie-change-on-failure"],
  doc: "A client whose endpoint fails stays with the one that answers in its place. By default it comes back to its own",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
};

/** One of several words, in any case. */
function choiceOf<T>(values: Readonly<Record<string, T>>): (field: Field) => T | undefined {
  return (field) => {
    const text = String(field.value).trim().toLowerCase();
    if (Object.hasOwn(values, text)) return values[text];
    return ignored(field, `one of these: ${Object.values(values).join(", ")}`);
  };
}

function textOf(pattern: RegExp, wanted: string): (field: Field) => string | undefined {
  return (field) => {
    const text = String(field.value).trim();
    return pattern.test(text) ? text : ignored(field, wanted);
  };
}

/** Up to 10 years, either way: one that is not above 0 has passed. */
function parseSeconds(field: Field): number | undefined {
  const text = String(field.value).trim();
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  return ignored(field, "a number of seconds");
}

function ignored(field: Field, wanted: string): undefined {
  return balancingUnreadable(field, {
    what: `Ignored ${quote(field.value)}: the default counts`,
    why: `it is not ${wanted}`,
    fix: `Write ${wanted}`,
  });
}
