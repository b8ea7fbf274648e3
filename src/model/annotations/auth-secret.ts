import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { INSTEAD } from "./instead.ts";
import { readOwnName } from "./own-name.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { restrictionUnreadable } from "./restriction-unreadable.ts";
import { settingUnreadable } from "./setting-unreadable.ts";

/** How a Secret holds names and passwords: in one file under `auth`, or each name as a key of its own. */
const PASSWORD_SECRET_TYPES = ["auth-file", "auth-map"] as const;

export type PasswordSecretType = (typeof PASSWORD_SECRET_TYPES)[number];

/** Characters of a realm: it goes into a header field. */
const MAX_REALM = 256;

export const AUTH_TYPE: ServedAnnotation<"basic" | "none"> = {
  names: ["auth-type"],
  doc: "How clients give name and password: `basic`. Any other way closes the paths of the Ingress",
  served: { prefixes: OWN_PREFIXES, parse: parseAuthType },
  risks: [{ effect: "restriction", asks: ASKS.on }],
  instead: INSTEAD.basic,
};

export const AUTH_SECRET: ServedAnnotation<string> = {
  names: ["auth-secret"],
  doc: "The Secret with names and passwords, in the namespace of the Ingress",
  served: { prefixes: OWN_PREFIXES, parse: parseAuthSecret },
  risks: [{ effect: "restriction" }],
  instead: INSTEAD.basic,
};

const AUTH_SECRET_TYPE: ServedAnnotation<PasswordSecretType> = {
  names: ["auth-secret-type"],
  doc: "How the Secret holds them: `auth-file` (the default), as htpasswd writes it under the key `auth`; or `auth-map`, each name as a key",
  served: { prefixes: OWN_PREFIXES, parse: parseSecretType },
  risks: [{ effect: "restriction", asks: (value, siblings) => value !== "" && ASKS.on(siblings("auth-type") ?? "") }],
  instead: INSTEAD.basic,
};

const AUTH_REALM: ServedAnnotation<string> = {
  names: ["auth-realm"],
  doc: "What the question for name and password says",
  served: { prefixes: OWN_PREFIXES, parse: parseRealm },
  risks: [{ effect: "ignored" }],
};

/** By the names that their values have in the program. */
export const PASSWORD_AUTH = {
  authType: AUTH_TYPE,
  authSecret: AUTH_SECRET,
  authSecretType: AUTH_SECRET_TYPE,
  authRealm: AUTH_REALM,
} as const;

function parseAuthType(field: Field): "basic" | "none" | undefined {
  const text = String(field.value).trim();
  if (text.toLowerCase() === "basic") return "basic";
  if (!ASKS.on(text)) return "none";
  return restrictionUnreadable(field, {
    what: `Cannot ask for name and password by ${quote(text)}`,
    why: text.toLowerCase() === "digest" ? "Hawser does not serve digest authentication" : "there is no such way",
    fix: "Write basic",
  });
}

/** The key (`namespace/name`) of the Secret. As in ingress-nginx by default, it is in the namespace of the Ingress. */
function parseAuthSecret(field: Field): string | undefined {
  const text = String(field.value).trim();
  const read = readOwnName(text, field);
  if ("key" in read) return read.key;
  const isName = read.fault !== "no-name";
  return restrictionUnreadable(field, {
    what: `Cannot use the Secret ${quote(text)}`,
    why: isName
      ? "it is in another namespace, whose passwords the writer of this Ingress may not be allowed to use"
      : "it is not a name of a Secret",
    fix: isName ? `Copy it into the namespace ${read.own}, and write its name alone` : "Write the name alone",
  });
}

function parseSecretType(field: Field): PasswordSecretType | undefined {
  const text = String(field.value).trim();
  const type = PASSWORD_SECRET_TYPES.find((one) => one === text);
  if (type !== undefined) return type;
  return restrictionUnreadable(field, {
    what: `Cannot read a Secret as ${quote(text)}`,
    why: `it is none of ${PASSWORD_SECRET_TYPES.join(", ")}`,
    fix: "Write auth-file, or remove the annotation",
  });
}

function parseRealm(field: Field): string | undefined {
  const text = String(field.value).trim();
  if (text.length <= MAX_REALM && /^[\x20-\x7e]*$/.test(text)) return text;
  return settingUnreadable(field, {
    what: `Ignored the realm ${quote(text)}`,
    why: `it has other characters than visible ASCII, or more than ${MAX_REALM}`,
    fix: "Write a short text",
  });
}
