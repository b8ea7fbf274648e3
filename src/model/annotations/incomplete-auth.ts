import { child, type Field, isUnset, readList } from "#src/model/field.ts";
import type { AnnotationRecord } from "./annotation-record.ts";
import { AUTH_SECRET, AUTH_TYPE } from "./auth-secret.ts";
import { AUTH_URL } from "./auth-url.ts";
import { AUTH_TLS_MATCH_CN, AUTH_TLS_VERIFY_CLIENT, CLIENT_CERTIFICATES } from "./client-certificates.ts";
import { hostsClosed } from "./host-restricted-by.ts";
import type { IngressSettings } from "./ingress-settings.ts";
import { restrictionUnreadable } from "./restriction-unreadable.ts";
import { servedField } from "./served-field.ts";

/**
 * Annotations that say only half of who may come in, each with a Problem: they cannot be served, and the paths of their
 * Ingress are closed.
 */
export function findIncompleteAuth(
  root: Field,
  settings: IngressSettings,
  unreadable: ReadonlySet<AnnotationRecord>,
): readonly AnnotationRecord[] {
  return [
    ...incompleteBasic(root, settings, unreadable),
    ...hostless(root, settings),
    ...withoutAuthorities(root, settings),
  ];
}

function incompleteBasic(
  root: Field,
  { authType, authSecret }: IngressSettings,
  unreadable: ReadonlySet<AnnotationRecord>,
): readonly AnnotationRecord[] {
  const [type, secret] = [servedField(root, AUTH_TYPE), servedField(root, AUTH_SECRET)];
  if (type !== undefined && authType === "basic" && secret === undefined) {
    restrictionUnreadable(type, {
      what: "Cannot ask for name and password",
      why: "no annotation auth-secret says which Secret has them",
      fix: "Write auth-secret with the name of a Secret",
    });
    return [AUTH_TYPE];
  }
  if (secret === undefined || authSecret === undefined || authType === "basic" || unreadable.has(AUTH_TYPE)) return [];
  restrictionUnreadable(secret, {
    what: "Cannot ask for name and password",
    why: "auth-secret names a Secret with passwords, and no auth-type: basic says to use it",
    fix: "Write auth-type: basic, or remove auth-secret if everyone may come in",
  });
  return [AUTH_SECRET];
}

/** A service at the host of the request: a client could choose the host, and with it the service, where any host is served. */
function hostless(root: Field, { authUrl }: IngressSettings): readonly AnnotationRecord[] {
  const url = servedField(root, AUTH_URL);
  if (url === undefined || authUrl === undefined || authUrl === "none" || authUrl.host !== undefined) return [];
  const spec = { ...child(root, "spec"), problems: [] };
  const hosts = readList(child(spec, "rules")).map((rule) => child(rule, "host").value);
  const areNamed = hosts.every((host) => typeof host === "string" && host.trim() !== "" && !host.includes("*"));
  if (areNamed && isUnset(child(spec, "defaultBackend")) && isUnset(child(spec, "backend"))) return [];
  restrictionUnreadable(url, {
    what: "Cannot ask the host of each request whether it may come in",
    why: "it serves hosts that it does not name, so a client could choose whom to ask",
    fix: "Write the host into auth-url, or give each rule a host without *",
  });
  return [AUTH_URL];
}

/** Client certificates that are asked for, and no authorities to verify them by. */
function withoutAuthorities(
  root: Field,
  { authTlsVerifyClient: mode, authTlsMatchCn: subject }: IngressSettings,
): readonly AnnotationRecord[] {
  if (mode === "off" || servedField(root, CLIENT_CERTIFICATES.authTlsSecret) !== undefined) return [];
  const record = mode !== undefined ? AUTH_TLS_VERIFY_CLIENT : AUTH_TLS_MATCH_CN;
  const field = servedField(root, record);
  if (field === undefined || (mode ?? subject) === undefined) return [];
  hostsClosed(
    field,
    "no annotation auth-tls-secret says which Secret has the authorities of client certificates",
    "Write auth-tls-secret with the name of a Secret",
  );
  return [record];
}
