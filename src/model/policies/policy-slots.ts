import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import { child, complain, type Field, hasError, isUnset } from "#src/model/field.ts";
import { readRequestHeaderModifier, readResponseHeaderModifier } from "./header-modifier.ts";
import { readJwtPolicy } from "./jwt-policy.ts";
import { readOidcPolicy } from "./oidc-policy.ts";
import type { PolicyPart } from "./policy-part.ts";
import { readRateLimits } from "./rate-limit-policy.ts";

/** How a field of `spec` is read that no annotation says. */
interface PolicySlot<T> {
  /** Undefined, with a Problem: it cannot be used. */
  readonly read: (field: Field) => T | undefined;
  /** It says who may come in, or how often. */
  readonly restricts: boolean;
}

/** What a policy says besides settings, by the names of the fields, which are those of the values in the program, too. */
const SLOTS = {
  requestHeaderModifier: { read: readRequestHeaderModifier, restricts: false },
  responseHeaderModifier: { read: readResponseHeaderModifier, restricts: false },
  rateLimits: { read: readRateLimits, restricts: true },
  jwt: { read: readJwtPolicy, restricts: true },
  oidc: { read: readOidcPolicy, restricts: true },
} as const satisfies Readonly<Record<string, PolicySlot<unknown>>>;

/** Their names. */
export const SLOT_NAMES = Object.keys(SLOTS) as readonly (keyof typeof SLOTS)[];

type SlotValues = {
  readonly [Name in keyof typeof SLOTS]?: NonNullable<ReturnType<(typeof SLOTS)[Name]["read"]>>;
};

/** All that is said of the requests for a path, by annotations and by policies. */
export type PathSettings = IngressSettings & SlotValues;

/** Reads the fields of `spec` that are beside `settings`. */
export function readPolicySlots(spec: Field): readonly PolicyPart[] {
  return Object.entries<PolicySlot<unknown>>(SLOTS).flatMap(([name, { read, restricts }]) => {
    const field = child(spec, name);
    if (isUnset(field)) return [];
    const value = read(field);
    if (value === undefined) {
      if (!hasError(field.problems)) notRead(field);
      return [];
    }
    return [{ name, at: field.path, values: { [name]: value }, text: JSON.stringify(field.value), restricts }];
  });
}

/** A reader that finds no value says why; where it does not, the policy is closed all the same. */
function notRead(field: Field): undefined {
  return complain(field, "FIELD_INVALID", {
    what: "Cannot use this field",
    why: "it has no value that can be read",
    fix: "Write it as docs/policies.md says, or remove it",
  });
}
