import type { ServedAnnotation } from "./annotation-record.ts";
import { isReplaced, isText, parseReplacement, type Replacement } from "./parse-replacement.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { tunedBy } from "./tuned-by.ts";

const PROXY_COOKIE_DOMAIN: ServedAnnotation<Replacement | "off"> = {
  names: ["proxy-cookie-domain"],
  doc: "The `Domain` of cookies that the Service sets, and the one that clients get in its place, such as `internal.local example.com`; `off`: none. Regular expressions and variables are ignored with a warning",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy(parseReplacement, "Write two domains such as internal.local example.com, or off"),
  },
};

const PROXY_COOKIE_PATH: ServedAnnotation<Replacement | "off"> = {
  names: ["proxy-cookie-path"],
  doc: 'What the `Path` of cookies that the Service sets begins with, and what clients get in its place, such as `/app/ /`, or `/ "/; Secure"`; `off`: none. Regular expressions and variables are ignored with a warning',
  served: { prefixes: OWN_PREFIXES, parse: tunedBy(parseReplacement, "Write two paths such as /app/ /, or off") },
};

const FIX =
  "Write the beginning of a URL, such as http://internal.local/, or off; regular expressions and variables are not supported";

const PROXY_REDIRECT_FROM: ServedAnnotation<string> = {
  names: ["proxy-redirect-from"],
  doc: "What `Location` and `Refresh` of the Service's answers begin with where `proxy-redirect-to` is written in its place; `off` and `default`: nothing is",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy((text) => (isReplaced(text) && !text.includes(" ") ? text : undefined), FIX),
  },
};

const PROXY_REDIRECT_TO: ServedAnnotation<string> = {
  names: ["proxy-redirect-to"],
  doc: "What clients get in place of `proxy-redirect-from`; `off`: what the Service wrote. It does nothing alone",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy((text) => (isText(text) && !text.includes(" ") ? text : undefined), FIX),
  },
};

/** What is changed in the heads of answers, by the names that the values have in the program. */
export const RESPONSE_REWRITES = {
  endpointCookieDomain: PROXY_COOKIE_DOMAIN,
  endpointCookiePath: PROXY_COOKIE_PATH,
  redirectFrom: PROXY_REDIRECT_FROM,
  redirectTo: PROXY_REDIRECT_TO,
} as const;
