import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { parseRequestTemplate } from "./parse-request-template.ts";
import { parseSwitch } from "./parse-switch.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { parseTemplate, type RequestTemplate } from "./request-template.ts";
import { settingUnreadable } from "./setting-unreadable.ts";

export const AUTH_SIGNIN: ServedAnnotation<RequestTemplate> = {
  names: ["auth-signin"],
  doc: "The URL to which clients are redirected where that service answers 401; it may have variables of nginx",
  served: { prefixes: OWN_PREFIXES, parse: parseSignInUrl },
  risks: [{ effect: "ignored" }],
};

export const AUTH_SIGNIN_REDIRECT_PARAM: ServedAnnotation<string> = {
  names: ["auth-signin-redirect-param"],
  doc: "The argument of that URL that gets the address to come back to; by default `rd`",
  served: { prefixes: OWN_PREFIXES, parse: parseRedirectParam },
  risks: [{ effect: "ignored" }],
};

export const AUTH_REQUEST_REDIRECT: ServedAnnotation<RequestTemplate> = {
  names: ["auth-request-redirect"],
  doc: "What X-Auth-Request-Redirect says to that service; by default path and query of the request",
  served: { prefixes: OWN_PREFIXES, parse: parseRequestTemplate },
  risks: [{ effect: "ignored" }],
};

export const AUTH_ALWAYS_SET_COOKIE: ServedAnnotation<boolean> = {
  names: ["auth-always-set-cookie"],
  doc: "Cookies of that service go to the client with every answer, and not only with those that are not errors",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
  risks: [{ effect: "ignored" }],
};

function parseSignInUrl(field: Field): RequestTemplate | undefined {
  const text = String(field.value).trim();
  const parts = /^https?:\/\/[^/?#]/i.test(text) ? parseTemplate(text) : "it is not an absolute http or https URL";
  const read = /^[\x21-\x7e]*$/.test(text) ? parts : "it has blanks, or letters that a URL cannot have";
  if (typeof read !== "string") return read;
  return settingUnreadable(field, {
    what: `Cannot send clients to ${quote(text)} to sign in: they get 401`,
    why: read,
    fix: "Write a URL such as https://auth.example.com/oauth2/start",
  });
}

function parseRedirectParam(field: Field): string | undefined {
  const text = String(field.value).trim();
  if (/^[\w.~-]{1,64}$/.test(text)) return text;
  return settingUnreadable(field, {
    what: `Cannot name the return address ${quote(text)}`,
    why: "it is not a name of at most 64 letters, digits and . _ ~ -",
    fix: "Write a name such as rd",
  });
}
