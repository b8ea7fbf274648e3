import { isPathTemplate, parseUrlTemplate, type UrlTemplate } from "#src/model/url-template.ts";
import { readValuePattern, type ValuePattern } from "#src/pattern/value-pattern.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { hostRestrictedBy } from "./host-restricted-by.ts";
import { INSTEAD } from "./instead.ts";
import { ownSecret } from "./own-secret.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { trueFalse } from "./true-false.ts";
import { verifyDepth } from "./verify-depth.ts";

/** Which clients come in: `on`: with a certificate of the authorities; `optional`: without one, too; `optional_no_ca`: with any. */
const MODES = ["on", "off", "optional", "optional_no_ca"] as const;

export type ClientCertificateMode = (typeof MODES)[number];

const restriction = { effect: "restriction", asks: ASKS.on } as const;
const common = { scope: "host", instead: INSTEAD.clientCertificate } as const;

const AUTH_TLS_SECRET: ServedAnnotation<string> = {
  names: ["auth-tls-secret"],
  doc: "The Secret, in the namespace of the Ingress, with the authorities (`ca.crt`) whose client certificates are accepted, and the lists of those that they have revoked (`ca.crl`); other clients get 400. It is for all paths of the hosts, those of other Ingresses too, and of several Ingresses of a host the oldest one counts: the paths of one that says otherwise are closed. While the Secret is missing all of them answer 503. A request for another host than the connection's server name gets 421, and so does one for no host",
  served: {
    prefixes: OWN_PREFIXES,
    parse: hostRestrictedBy<string>(ownSecret, "Write the name of a Secret in the namespace of the Ingress"),
  },
  risks: [
    { effect: "restriction", asks: (value, siblings) => value !== "" && siblings("auth-tls-verify-client") !== "off" },
  ],
  ...common,
};

export const AUTH_TLS_VERIFY_CLIENT: ServedAnnotation<ClientCertificateMode> = {
  names: ["auth-tls-verify-client"],
  doc: "Whether clients need a certificate: `on` (the default), `off`, `optional` (one that is shown has to be accepted), `optional_no_ca` (it may be of any authority)",
  served: {
    prefixes: OWN_PREFIXES,
    parse: hostRestrictedBy((text) => MODES.find((mode) => mode === text), `Write one of ${MODES.join(", ")}`),
  },
  risks: [restriction],
  ...common,
};

const AUTH_TLS_VERIFY_DEPTH: ServedAnnotation<number> = {
  names: ["auth-tls-verify-depth"],
  doc: "How many intermediate authorities a client certificate may have. Left out, or `0`: 1",
  served: {
    prefixes: OWN_PREFIXES,
    parse: hostRestrictedBy(verifyDepth, 'Write a whole number such as "1"'),
  },
  risks: [{ effect: "restriction" }],
  ...common,
};

const AUTH_TLS_PASS_CERTIFICATE: ServedAnnotation<boolean> = {
  names: ["auth-tls-pass-certificate-to-upstream"],
  doc: "Whether endpoints get the certificate (`true`), in the field `ssl-client-cert`, besides `ssl-client-verify`, `ssl-client-subject-dn` and `ssl-client-issuer-dn`",
  served: {
    prefixes: OWN_PREFIXES,
    parse: hostRestrictedBy(trueFalse, 'Write "true" or "false"'),
  },
  risks: [restriction],
  ...common,
};

const AUTH_TLS_ERROR_PAGE: ServedAnnotation<UrlTemplate> = {
  names: ["auth-tls-error-page"],
  doc: "Where clients without an accepted certificate are redirected to, in place of 400. Those of older Ingresses of other namespaces get 400",
  served: {
    prefixes: OWN_PREFIXES,
    parse: hostRestrictedBy(errorPage, "Write a URL such as https://example.com/help"),
  },
  risks: [restriction],
  ...common,
};

export const AUTH_TLS_MATCH_CN: ServedAnnotation<ValuePattern> = {
  names: ["auth-tls-match-cn"],
  doc: "A regular expression, such as `CN=(shop|admin)`, for the subject of client certificates (RFC 2253, `CN=shop,O=Example`): one that it does not match, at any place and with regard to case, gets 403, and so does a client without a certificate where that is optional",
  served: {
    prefixes: OWN_PREFIXES,
    parse: hostRestrictedBy(subjectPattern, "Write an expression such as CN=shop"),
  },
  risks: [{ effect: "restriction" }],
  ...common,
};

/** Client certificates, by the names that the values have in the program. */
export const CLIENT_CERTIFICATES = {
  authTlsSecret: AUTH_TLS_SECRET,
  authTlsVerifyClient: AUTH_TLS_VERIFY_CLIENT,
  authTlsVerifyDepth: AUTH_TLS_VERIFY_DEPTH,
  authTlsPassCertificate: AUTH_TLS_PASS_CERTIFICATE,
  authTlsErrorPage: AUTH_TLS_ERROR_PAGE,
  authTlsMatchCn: AUTH_TLS_MATCH_CN,
} as const;

function subjectPattern(text: string): ValuePattern | { readonly why: string } {
  return readValuePattern(text);
}

function errorPage(text: string): UrlTemplate | undefined {
  const read = parseUrlTemplate(text);
  return "why" in read || isPathTemplate(read) ? undefined : read;
}
