import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { askedWith } from "./asked-with.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { restrictionUnreadable } from "./restriction-unreadable.ts";

/** Verbs of the question to the service: it never has a body. */
const AUTH_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

export type AuthMethod = (typeof AUTH_METHODS)[number];

export const AUTH_METHOD: ServedAnnotation<AuthMethod> = {
  names: ["auth-method"],
  doc: "The method with which that service is asked; by default GET",
  served: { prefixes: OWN_PREFIXES, parse: parseAuthMethod },
  risks: [{ effect: "restriction", asks: askedWith("auth-url") }, { effect: "ignored" }],
};

function parseAuthMethod(field: Field): AuthMethod | undefined {
  const text = String(field.value).trim();
  const method = AUTH_METHODS.find((one) => one === text);
  if (method !== undefined) return method;
  return restrictionUnreadable(field, {
    what: `Cannot ask with the method ${quote(text)}`,
    why: `it is none of ${AUTH_METHODS.join(", ")}`,
    fix: "Write GET, or remove the annotation",
  });
}
