import { complain, type Field, quote } from "#src/model/field.ts";
import { isPathTemplate, parseUrlTemplate, type UrlTemplate } from "#src/model/url-template.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import type { IngressSettings } from "./ingress-settings.ts";
import { parseSwitch } from "./parse-switch.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { tunedBy } from "./tuned-by.ts";

const STATUSES = [301, 302, 303, 307, 308] as const;

/** A redirect, whatever the request is. */
export interface Redirect {
  readonly status: (typeof STATUSES)[number];
  readonly location: UrlTemplate;
  /** Where the location is a path: it is sent as it is, and no URL is made of it. */
  readonly isRelative: boolean;
}

const PERMANENT_REDIRECT: ServedAnnotation<UrlTemplate> = {
  names: ["permanent-redirect"],
  doc: "All requests are redirected to this URL or path, with 301. In it may be `$scheme`, `$host`, `$http_host`, `$is_request_port`, `$request_port`, `$request_uri`, `$uri`, `$args`, `$query_string` and `$is_args`",
  served: { prefixes: OWN_PREFIXES, parse: parseTarget },
  risks: [{ effect: "reaches-other" }],
};

const TEMPORAL_REDIRECT: ServedAnnotation<UrlTemplate> = {
  names: ["temporal-redirect"],
  doc: "All requests are redirected to this URL or path, with 302. It wins over `permanent-redirect`, and may have the same variables",
  served: { prefixes: OWN_PREFIXES, parse: parseTarget },
  risks: [{ effect: "reaches-other" }],
};

const parseStatus = tunedBy(
  (text) => STATUSES.find((one) => String(one) === text),
  `Write one of ${STATUSES.join(", ")}`,
);

const PERMANENT_REDIRECT_CODE: ServedAnnotation<Redirect["status"]> = {
  names: ["permanent-redirect-code"],
  doc: "The status of `permanent-redirect`: 301, 302, 303, 307 or 308",
  served: { prefixes: OWN_PREFIXES, parse: parseStatus },
};

const TEMPORAL_REDIRECT_CODE: ServedAnnotation<Redirect["status"]> = {
  names: ["temporal-redirect-code"],
  doc: "The status of `temporal-redirect`: 301, 302, 303, 307 or 308",
  served: { prefixes: OWN_PREFIXES, parse: parseStatus },
};

const RELATIVE_REDIRECTS: ServedAnnotation<boolean> = {
  names: ["relative-redirects"],
  doc: "A redirect to a path is sent as that path. Otherwise as a URL, with the scheme, host and port that the client asked",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
};

const APP_ROOT: ServedAnnotation<UrlTemplate> = {
  names: ["app-root"],
  doc: "The path to which `/` of the hosts is redirected, with 302",
  served: { prefixes: OWN_PREFIXES, parse: parseRoot },
  risks: [{ effect: "root" }],
};

const FROM_TO_WWW_REDIRECT: ServedAnnotation<boolean> = {
  names: ["from-to-www-redirect"],
  doc: "The host with or without `www.` that no rule names is redirected to the other one, with 308, the scheme and the port that the client used",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
  risks: [{ effect: "www-hosts", asks: ASKS.on }],
};

/** Where requests are redirected to, by the names that the values have in the program; read in this order. */
export const REDIRECTS = {
  temporalRedirect: TEMPORAL_REDIRECT,
  temporalRedirectCode: TEMPORAL_REDIRECT_CODE,
  permanentRedirect: PERMANENT_REDIRECT,
  permanentRedirectCode: PERMANENT_REDIRECT_CODE,
  relativeRedirects: RELATIVE_REDIRECTS,
  appRoot: APP_ROOT,
  fromToWww: FROM_TO_WWW_REDIRECT,
} as const satisfies Readonly<Record<string, ServedAnnotation<unknown>>>;

/** The redirect of all requests of an Ingress; undefined where it has none. */
export function redirectOf(settings: IngressSettings): Redirect | undefined {
  const { temporalRedirect, permanentRedirect, relativeRedirects: isRelative = false } = settings;
  if (temporalRedirect !== undefined)
    return { status: settings.temporalRedirectCode ?? 302, location: temporalRedirect, isRelative };
  if (permanentRedirect === undefined) return undefined;
  return { status: settings.permanentRedirectCode ?? 301, location: permanentRedirect, isRelative };
}

/** The redirect of the path `/`; undefined where the Ingress has none. */
export function rootRedirectOf({
  appRoot,
  relativeRedirects: isRelative = false,
}: IngressSettings): Redirect | undefined {
  return appRoot && { status: 302, location: appRoot, isRelative };
}

/** The redirect of all of a host to another one, by the scheme and the port that the client used. */
export function hostRedirect(host: string, status: Redirect["status"] = 308): Redirect {
  const port = [{ variable: "is_request_port" }, { variable: "request_port" }] as const;
  const location = [{ variable: "scheme" }, `://${host}`, ...port, { variable: "request_uri" }] as const;
  return { status, location, isRelative: false };
}

function parseTarget(field: Field): UrlTemplate | undefined {
  return readTarget(field, parseUrlTemplate(String(field.value).trim()));
}

function parseRoot(field: Field): UrlTemplate | undefined {
  const read = parseUrlTemplate(String(field.value).trim());
  return readTarget(field, "why" in read || isPathTemplate(read) ? read : { why: "it does not begin with /" });
}

function readTarget(field: Field, read: UrlTemplate | { readonly why: string }): UrlTemplate | undefined {
  if (!("why" in read)) return read;
  return complain(field, "INGRESS_REDIRECT_INVALID", {
    what: `Cannot redirect to ${quote(field.value)}`,
    why: read.why,
    fix: "Write a path such as /shop, or a URL such as https://example.com$request_uri",
  });
}
