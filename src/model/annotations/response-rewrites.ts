import type { Field } from "#src/model/field.ts";
import { quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import {
  parseReplacement,
  readSource,
  readTarget,
  type Replacement,
  type RewriteSource,
  type RewriteTarget,
  wordsOf,
} from "./parse-replacement.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { settingUnreadable } from "./setting-unreadable.ts";

const PROXY_COOKIE_DOMAIN: ServedAnnotation<Replacement | "off"> = {
  names: ["proxy-cookie-domain"],
  doc: "The `Domain` of cookies that the Service sets, and the one that clients get in its place, such as `internal.local example.com`; `off`: none. With `~` the first is a regular expression. Both may have the variables of `auth-cache-key`",
  served: {
    prefixes: OWN_PREFIXES,
    parse: readBy(
      (text) => parseReplacement(text, { ignoresCase: true }),
      "Write two domains such as internal.local example.com, or off",
    ),
  },
};

const PROXY_COOKIE_PATH: ServedAnnotation<Replacement | "off"> = {
  names: ["proxy-cookie-path"],
  doc: 'What the `Path` of cookies that the Service sets begins with, and what clients get in its place, such as `/app/ /`, or `/ "/; Secure"`; `off`: none. With `~` or `~*` the first is a regular expression, such as `~^/app/(.*)$ /$1`. Both may have the variables of `auth-cache-key`',
  served: {
    prefixes: OWN_PREFIXES,
    parse: readBy((text) => parseReplacement(text, { ignoresCase: false }), "Write two paths such as /app/ /, or off"),
  },
};

const FIX = "Write the beginning of a URL, such as http://internal.local/, a regular expression after ~, or off";

const PROXY_REDIRECT_FROM: ServedAnnotation<RewriteSource | "off"> = {
  names: ["proxy-redirect-from"],
  doc: "What `Location` and `Refresh` of the Service's answers begin with where `proxy-redirect-to` is written in its place; `off` and `default`: nothing is. With `~` or `~*` it is a regular expression. It may have the variables of `auth-cache-key`",
  served: {
    prefixes: OWN_PREFIXES,
    parse: readBy((text) => {
      if (text === "off" || text === "default") return "off";
      const word = onlyWord(text);
      return typeof word === "string" ? readSource(word, { ignoresCase: false }) : word;
    }, FIX),
  },
};

const PROXY_REDIRECT_TO: ServedAnnotation<RewriteTarget | "off"> = {
  names: ["proxy-redirect-to"],
  doc: "What clients get in place of `proxy-redirect-from`, with its groups (`$1`) and variables; `off`: what the Service wrote. It does nothing alone",
  served: {
    prefixes: OWN_PREFIXES,
    parse: readBy((text) => {
      if (text === "off") return "off";
      const word = onlyWord(text);
      return typeof word === "string" ? readTarget(word, { groups: true }) : word;
    }, FIX),
  },
};

/** What is changed in the heads of answers, by the names that the values have in the program. */
export const RESPONSE_REWRITES = {
  endpointCookieDomain: PROXY_COOKIE_DOMAIN,
  endpointCookiePath: PROXY_COOKIE_PATH,
  redirectFrom: PROXY_REDIRECT_FROM,
  redirectTo: PROXY_REDIRECT_TO,
} as const;

function onlyWord(text: string): string | { readonly why: string } {
  const words = wordsOf(text);
  return words?.length === 1 ? (words[0] ?? "") : { why: "it is not one word, in quotes where it has blanks" };
}

/** Reads a value that tunes answers: one that cannot be used has a Problem, and answers are as the Service writes them. */
function readBy<T extends object | "off">(
  read: (text: string) => T | { readonly why: string },
  fix: string,
): (field: Field) => T | undefined {
  return (field) => {
    const value = read(String(field.value).trim());
    if (typeof value !== "object" || !("why" in value)) return value;
    return settingUnreadable(field, { what: `Ignored ${quote(field.value)}`, why: value.why, fix });
  };
}
