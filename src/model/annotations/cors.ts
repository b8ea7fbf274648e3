import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { type CorsOrigins, parseCorsOrigins } from "./cors-origins.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { settingUnreadable } from "./setting-unreadable.ts";
import { tunedBy } from "./tuned-by.ts";

const ENABLE_CORS: ServedAnnotation<boolean> = {
  names: ["enable-cors"],
  doc: "Pages of other sites may call this one from a browser: their preflights (`OPTIONS`) are answered 204, before anything is asked of the client, and the `Access-Control-*` fields of answers are written. Without it the other annotations of CORS do nothing",
  served: { prefixes: OWN_PREFIXES, parse: parseYes },
};

const CORS_ALLOW_ORIGIN: ServedAnnotation<CorsOrigins> = {
  names: ["cors-allow-origin"],
  doc: "Origins whose pages may call, with commas, such as `https://a.com:8443`, `https://*.b.com` (one label), or `null`; `*`: all. What other origins ask goes to the Service. Left out: `*`",
  served: { prefixes: OWN_PREFIXES, parse: parseOrigins },
};

const CORS_ALLOW_METHODS: ServedAnnotation<string> = {
  names: ["cors-allow-methods"],
  doc: "The methods that they may use, with commas. Left out: `GET, PUT, POST, DELETE, PATCH, OPTIONS`",
  served: { prefixes: OWN_PREFIXES, parse: listOf(/^[A-Za-z, ]{1,1024}$/, "GET, POST") },
};

const CORS_ALLOW_HEADERS: ServedAnnotation<string> = {
  names: ["cors-allow-headers"],
  doc: "The header fields that they may send, with commas. Left out: `DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization`",
  served: { prefixes: OWN_PREFIXES, parse: listOf(/^[A-Za-z0-9_*, -]{1,4096}$/, "Content-Type, X-My-Header") },
};

const CORS_EXPOSE_HEADERS: ServedAnnotation<string> = {
  names: ["cors-expose-headers"],
  doc: "The header fields of answers that they may read, with commas. Left out: those that every page may",
  served: { prefixes: OWN_PREFIXES, parse: listOf(/^[A-Za-z0-9_*, -]{1,4096}$/, "ETag, X-My-Header") },
};

const CORS_ALLOW_CREDENTIALS: ServedAnnotation<boolean> = {
  names: ["cors-allow-credentials"],
  doc: "Whether they may send cookies and passwords; browsers let none do so where the origin is `*`. Left out: `true`",
  served: { prefixes: OWN_PREFIXES, parse: parseYes },
};

const CORS_MAX_AGE: ServedAnnotation<number> = {
  names: ["cors-max-age"],
  doc: "How many seconds a browser may remember the answer to a preflight. Left out: 1728000",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy(
      (text) => (/^-?\d{1,9}$/.test(text) ? Number(text) : undefined),
      'Write a number of seconds such as "600"',
    ),
  },
};

/** Which other sites may call this one from a browser, by the names that the values have in the program. */
export const CORS = {
  corsEnabled: ENABLE_CORS,
  corsOrigins: CORS_ALLOW_ORIGIN,
  corsMethods: CORS_ALLOW_METHODS,
  corsHeaders: CORS_ALLOW_HEADERS,
  corsExposed: CORS_EXPOSE_HEADERS,
  corsCredentials: CORS_ALLOW_CREDENTIALS,
  corsMaxAge: CORS_MAX_AGE,
} as const;

/** Whether a value lets other sites do something. One that cannot be read does not. */
function parseYes(field: Field): boolean {
  const text = String(field.value).trim();
  if (!ASKS.true(text) && !/^(?:0|f|false)$/i.test(text))
    settingUnreadable(field, {
      what: `Read ${quote(field.value)} as false`,
      why: "it is neither true nor false, and other sites may do no more than is written",
      fix: 'Write "true" or "false"',
    });
  return ASKS.true(text);
}

/** Origins that cannot be read may not call: left out they would not be `*`, which is more than was written. */
function parseOrigins(field: Field): CorsOrigins {
  const { origins, unread } = parseCorsOrigins(String(field.value));
  if (unread.length > 0)
    settingUnreadable(field, {
      what:
        unread.length === 1
          ? `Ignored the origin ${quote(unread[0])}`
          : `Ignored ${unread.length} origins, first ${quote(unread[0])}`,
      why: "it is not a scheme, :// and a host, or more than 256 are written",
      fix: "Write origins such as https://shop.example.com, https://*.example.com or https://example.com:8443",
    });
  return origins;
}

function listOf(form: RegExp, example: string): (field: Field) => string | undefined {
  return tunedBy((text) => (form.test(text) ? text : undefined), `Write a list such as "${example}"`);
}
