import { complain, type Field } from "#src/model/field.ts";
import type { AnnotationRecord } from "./annotation-record.ts";
import { AUTH_SECRET, AUTH_TYPE } from "./auth-secret.ts";
import type { IngressSettings } from "./ingress-settings.ts";
import { servedField } from "./served-field.ts";

/**
 * Annotations that ask for name and password and say only half of it, each with a Problem: they cannot be served, and their
 * paths are closed.
 */
export function findIncompleteAuth(
  root: Field,
  { authType, authSecret }: IngressSettings,
  unreadable: ReadonlySet<AnnotationRecord>,
): readonly AnnotationRecord[] {
  const [type, secret] = [servedField(root, AUTH_TYPE), servedField(root, AUTH_SECRET)];
  if (type !== undefined && authType === "basic" && secret === undefined) {
    complain(type, "INGRESS_RESTRICTION_INVALID", {
      what: "Cannot ask for name and password. All paths of this Ingress are closed",
      why: "no annotation auth-secret says which Secret has them",
      fix: "Write auth-secret with the name of a Secret",
    });
    return [AUTH_TYPE];
  }
  if (secret === undefined || authSecret === undefined || authType === "basic" || unreadable.has(AUTH_TYPE)) return [];
  complain(secret, "INGRESS_RESTRICTION_INVALID", {
    what: "Cannot ask for name and password. All paths of this Ingress are closed",
    why: "auth-secret names a Secret with passwords, and no auth-type: basic says to use it",
    fix: "Write auth-type: basic, or remove auth-secret if everyone may come in",
  });
  return [AUTH_SECRET];
}
