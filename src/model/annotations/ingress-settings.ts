import type { Field } from "#src/model/field.ts";
import { recordOf } from "#src/model/record.ts";
import type { AnnotationRecord, ServedAnnotation } from "./annotation-record.ts";
import { annotationRecord } from "./annotation-table.ts";
import { BALANCING } from "./balancing.ts";
import { ENDPOINT_PROTOCOL } from "./backend-protocol.ts";
import { CANARIES } from "./canary.ts";
import { CLIENT_CERTIFICATES } from "./client-certificates.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import { CONNECTION_PROXY_HEADER } from "./connection-proxy-header.ts";
import { CORS } from "./cors.ts";
import { ENABLE_ACCESS_LOG } from "./enable-access-log.ts";
import { ENDPOINT_PATIENCE } from "./endpoint-patience.ts";
import { LIMIT_RATES } from "./limit-rate.ts";
import { PASSWORD_AUTH } from "./auth-secret.ts";
import { EXTERNAL_AUTH } from "./external-auth.ts";
import { CUSTOM_ERRORS } from "./custom-errors.ts";
import { DEFAULT_BACKEND } from "./default-backend.ts";
import { AUTH_PROXY_SET_HEADERS, CUSTOM_HEADERS } from "./custom-headers.ts";
import { FORCE_SSL_REDIRECT, SSL_REDIRECT } from "./https-redirect.ts";
import { findIncompleteAuth } from "./incomplete-auth.ts";
import { servedField } from "./served-field.ts";
import { splitKey } from "./split-key.ts";
import { ENDPOINT_TLS } from "./endpoint-tls.ts";
import { MIRRORING } from "./mirror.ts";
import { PROXY_BODY_SIZE } from "./proxy-body-size.ts";
import { PROXY_BUFFER_SIZE } from "./proxy-buffer-size.ts";
import { REDIRECTS } from "./redirects.ts";
import { ALLOWLIST_SOURCE_RANGE, DENYLIST_SOURCE_RANGE } from "./source-ranges.ts";
import { RESPONSE_REWRITES } from "./response-rewrites.ts";
import { REWRITE_TARGET } from "./rewrite-target.ts";
import { SERVER_ALIAS } from "./server-alias.ts";
import { SERVICE_UPSTREAM } from "./service-upstream.ts";
import { UPSTREAM_VHOST, X_FORWARDED_PREFIX } from "./upstream-vhost.ts";
import { SSL_PASSTHROUGH } from "./ssl-passthrough.ts";
import { isRestrictingSnippet, SNIPPETS } from "./snippets.ts";
import { USE_REGEX } from "./use-regex.ts";

/** The annotations that Hawser serves, by the names that their values have in the program; they are read in this order. */
const SERVED = {
  rewrite: REWRITE_TARGET,
  forceSslRedirect: FORCE_SSL_REDIRECT,
  sslRedirect: SSL_REDIRECT,
  useRegex: USE_REGEX,
  ...REDIRECTS,
  serverAlias: SERVER_ALIAS,
  sslPassthrough: SSL_PASSTHROUGH,
  defaultBackend: DEFAULT_BACKEND,
  ...CUSTOM_ERRORS,
  serviceUpstream: SERVICE_UPSTREAM,
  upstreamVhost: UPSTREAM_VHOST,
  forwardedPrefix: X_FORWARDED_PREFIX,
  ...ENDPOINT_PROTOCOL,
  ...ENDPOINT_TLS,
  ...MIRRORING,
  bodyBytes: PROXY_BODY_SIZE,
  answerHeadBytes: PROXY_BUFFER_SIZE,
  accessLog: ENABLE_ACCESS_LOG,
  ...ENDPOINT_PATIENCE,
  ...CORS,
  ...RESPONSE_REWRITES,
  proxyConnection: CONNECTION_PROXY_HEADER,
  customHeaders: CUSTOM_HEADERS,
  ...BALANCING,
  ...CANARIES,
  allowedSources: ALLOWLIST_SOURCE_RANGE,
  deniedSources: DENYLIST_SOURCE_RANGE,
  ...CLIENT_CERTIFICATES,
  ...CLIENT_LIMITS,
  ...LIMIT_RATES,
  ...PASSWORD_AUTH,
  ...EXTERNAL_AUTH,
  authSetHeaders: AUTH_PROXY_SET_HEADERS,
  ...SNIPPETS,
} as const satisfies Readonly<Record<string, ServedAnnotation<unknown>>>;

/** The name that the value of an annotation has in the program. */
export type SettingName = keyof typeof SERVED;

/** What an Ingress says in annotations that Hawser serves. What it does not say, or what cannot be read, is left out. */
export type IngressSettings = {
  readonly [Name in SettingName]?: NonNullable<ReturnType<(typeof SERVED)[Name]["served"]["parse"]>>;
};

interface ReadSettings {
  readonly settings: IngressSettings;
  /** One of them says who may come in, or how often. */
  readonly isRestricted: boolean;
  /** Annotations whose values cannot be read: they do what they do where Hawser does not serve them. */
  readonly unreadable: ReadonlySet<AnnotationRecord>;
}

const SERVED_LIST = Object.entries<ServedAnnotation<unknown>>(SERVED);
const NAMES = new Map<AnnotationRecord, SettingName>(
  SERVED_LIST.map(([name, record]) => [record, name as SettingName]),
);
const NOTHING: ReadSettings = { settings: {}, isRestricted: false, unreadable: new Set() };

/** Reads all annotations of an Ingress that Hawser serves. Those that ask for nothing share one result. */
export function readSettings(root: Field): ReadSettings {
  const written = writtenRecords(root);
  if (written.size === 0) return NOTHING;
  const settings: Record<string, unknown> = {};
  const unreadable = new Set<AnnotationRecord>();
  let isRestricted = false;
  for (const [name, record] of SERVED_LIST) {
    const field = written.has(record) ? servedField(root, record) : undefined;
    if (field === undefined) continue;
    const value = record.served.parse(field);
    if (value === undefined) {
      unreadable.add(record);
    } else {
      settings[name] = value;
      isRestricted ||= restricts(record, field);
    }
  }
  const { configurationSnippet }: IngressSettings = settings;
  isRestricted ||= configurationSnippet !== undefined && isRestrictingSnippet(configurationSnippet);
  for (const record of findIncompleteAuth(root, settings, unreadable)) unreadable.add(record);
  return { settings, isRestricted, unreadable };
}

/** The setting that a served annotation is; undefined for a record that Hawser does not serve. */
export function settingOfRecord(
  record: AnnotationRecord | undefined,
): { readonly name: SettingName; readonly record: ServedAnnotation<unknown> } | undefined {
  const name = record && NAMES.get(record);
  return name === undefined ? undefined : { name, record: SERVED[name] };
}

/** Whether an annotation, as it is written, would be a restriction where Hawser does not serve it. */
export function restricts({ risks = [] }: AnnotationRecord, { value }: Field): boolean {
  const text = String(value).trim();
  return risks.some(
    ({ effect, asks }) => effect === "restriction" && (asks === undefined || asks(text, () => undefined)),
  );
}

/** What the table knows of the annotations that an Ingress has. */
function writtenRecords(root: Field): ReadonlySet<AnnotationRecord | undefined> {
  const annotations = recordOf(recordOf(recordOf(root.value)["metadata"])["annotations"]);
  return new Set(Object.keys(annotations).map((key) => annotationRecord(...splitKey(key))));
}
