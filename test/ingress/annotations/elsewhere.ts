/** Annotations whose effect needs more than one request and one endpoint: the file that shows it, and a word of the case. */
export interface ShownElsewhere {
  readonly name: string;
  readonly value: string;
  readonly unread?: string;
  readonly with?: Readonly<Record<string, string>>;
  /** A test file below `test`. */
  readonly file: string;
  /** What the file calls it, where that is not the name of the annotation. */
  readonly word?: string;
}

const CANARY = { canary: "true" };
const STICKY = { affinity: "cookie" };
const BALANCING = "ingress/balancing-end-to-end.test.ts";
const BASIC = { "auth-type": "basic", "auth-secret": "users" };
const CLIENT_CERTIFICATES = "ingress/client-certificates.test.ts";
const ENDPOINT_TLS = "ingress/endpoint-tls.test.ts";
const EXTERNAL = "ingress/external-auth.test.ts";
const LIMITS = "ingress/client-limits.test.ts";
const MIRROR = "ingress/mirror.test.ts";
const NEXT = "ingress/next-endpoint.test.ts";
const PATIENCE = "ingress/endpoint-patience.test.ts";
const AUTH_URL = { "auth-url": "http://auth.test/" };
const TLS_SECRET = { "auth-tls-secret": "ca" };

export const ELSEWHERE: readonly ShownElsewhere[] = [
  { name: "ssl-passthrough", value: "true", unread: "maybe", file: "ingress/passthrough/program.test.ts" },
  { name: "ssl-redirect", value: "true", unread: "maybe", file: "ingress/https-redirect.test.ts", word: "sslRedirect" },
  {
    name: "canary-weight-total",
    value: "1000",
    unread: "all",
    with: CANARY,
    file: "ingress/canary.test.ts",
    word: "canaryWeightTotal",
  },
  {
    name: "affinity-canary-behavior",
    value: "legacy",
    unread: "old",
    with: CANARY,
    file: "ingress/canary.test.ts",
    word: "affinityCanaryBehavior",
  },
  { name: "backend-protocol", value: "HTTPS", unread: "FCGI", file: ENDPOINT_TLS },
  { name: "secure-backends", value: "true", file: ENDPOINT_TLS, word: "HTTPS" },
  { name: "proxy-ssl-secret", value: "ca", unread: "other/ca", file: ENDPOINT_TLS },
  { name: "proxy-ssl-verify", value: "on", unread: "maybe", file: ENDPOINT_TLS },
  { name: "proxy-ssl-name", value: "a.test", unread: "a b", file: ENDPOINT_TLS },
  { name: "proxy-ssl-server-name", value: "on", unread: "maybe", file: ENDPOINT_TLS },
  { name: "proxy-ssl-verify-depth", value: "2", unread: "deep", file: ENDPOINT_TLS },
  { name: "proxy-ssl-ciphers", value: "HIGH", unread: "none of them", file: ENDPOINT_TLS },
  { name: "proxy-ssl-protocols", value: "TLSv1.3", unread: "SSLv2", file: ENDPOINT_TLS },
  { name: "default-backend", value: "b", unread: "a/b", file: "ingress/error-pages.test.ts" },
  {
    name: "auth-type",
    value: "basic",
    unread: "digest",
    with: { "auth-secret": "users" },
    file: "ingress/external-auth.test.ts",
  },
  {
    name: "auth-secret",
    value: "users",
    unread: "other/users",
    with: { "auth-type": "basic" },
    file: "ingress/external-auth.test.ts",
  },
  { name: "auth-secret-type", value: "auth-map", unread: "auth-list", with: BASIC, file: "ingress/basic-auth.test.ts" },
  { name: "auth-realm", value: "shop", with: BASIC, file: "ingress/basic-auth.test.ts", word: "authRealm" },
  { name: "auth-tls-secret", value: "ca", unread: "other/ca", file: CLIENT_CERTIFICATES },
  { name: "auth-tls-verify-client", value: "optional", unread: "yes", with: TLS_SECRET, file: CLIENT_CERTIFICATES },
  { name: "auth-tls-verify-depth", value: "2", unread: "deep", with: TLS_SECRET, file: CLIENT_CERTIFICATES },
  {
    name: "auth-tls-pass-certificate-to-upstream",
    value: "true",
    unread: "maybe",
    with: TLS_SECRET,
    file: CLIENT_CERTIFICATES,
  },
  {
    name: "auth-tls-error-page",
    value: "https://a.com/help",
    unread: "/help",
    with: TLS_SECRET,
    file: CLIENT_CERTIFICATES,
  },
  { name: "auth-tls-match-cn", value: "CN=a", unread: "CN=(a", with: TLS_SECRET, file: CLIENT_CERTIFICATES },
  { name: "auth-url", value: "http://auth.test/", unread: "ftp://auth.test", file: EXTERNAL },
  { name: "auth-signin", value: "https://auth.test/", unread: "ftp://auth.test", with: AUTH_URL, file: EXTERNAL },
  { name: "auth-signin-redirect-param", value: "back", unread: "a b", with: AUTH_URL, file: EXTERNAL },
  { name: "auth-method", value: "POST", unread: "a b", with: AUTH_URL, file: EXTERNAL },
  { name: "auth-response-headers", value: "X-User", unread: "X User", with: AUTH_URL, file: EXTERNAL },
  { name: "auth-request-redirect", value: "https://a.com/", with: AUTH_URL, file: EXTERNAL },
  { name: "auth-always-set-cookie", value: "true", unread: "maybe", with: AUTH_URL, file: EXTERNAL },
  { name: "auth-cache-key", value: "$cookie_session", unread: "$nonsense", with: AUTH_URL, file: EXTERNAL },
  {
    name: "auth-cache-duration",
    value: "200 5m",
    unread: "long",
    with: { ...AUTH_URL, "auth-cache-key": "$remote_addr" },
    file: EXTERNAL,
  },
  { name: "auth-proxy-set-headers", value: "h", unread: "a b", with: AUTH_URL, file: "ingress/named-headers.test.ts" },
  { name: "satisfy", value: "any", unread: "some", with: BASIC, file: EXTERNAL },
  { name: "limit-rps", value: "5", unread: "five", file: LIMITS },
  { name: "limit-rpm", value: "5", unread: "five", file: LIMITS },
  { name: "limit-connections", value: "5", unread: "five", file: LIMITS },
  { name: "limit-burst-multiplier", value: "3", unread: "many", file: LIMITS },
  { name: "limit-allowlist", value: "10.0.0.0/8", unread: "nonsense", file: LIMITS },
  { name: "limit-whitelist", value: "10.0.0.0/8", unread: "nonsense", file: LIMITS, word: "limit-allowlist" },
  { name: "limit-rate", value: "100", unread: "fast", file: "ingress/limit-rate.test.ts" },
  { name: "limit-rate-after", value: "100", unread: "later", file: "ingress/limit-rate.test.ts" },
  { name: "load-balance", value: "ewma", unread: "best", file: BALANCING },
  { name: "upstream-hash-by", value: "$request_uri", unread: "$nonsense", file: BALANCING },
  {
    name: "upstream-hash-by-subset",
    value: "true",
    unread: "maybe",
    with: { "upstream-hash-by": "$uri" },
    file: BALANCING,
  },
  {
    name: "upstream-hash-by-subset-size",
    value: "2",
    unread: "two",
    with: { "upstream-hash-by": "$uri" },
    file: BALANCING,
    word: "SubsetSize",
  },
  {
    name: "affinity-mode",
    value: "persistent",
    unread: "half",
    with: STICKY,
    file: "ingress/affinity.test.ts",
    word: "affinityMode",
  },
  {
    name: "session-cookie-conditional-samesite-none",
    value: "true",
    unread: "maybe",
    with: STICKY,
    file: "ingress/affinity.test.ts",
  },
  {
    name: "session-cookie-change-on-failure",
    value: "true",
    unread: "maybe",
    with: STICKY,
    file: "ingress/affinity.test.ts",
  },
  { name: "service-upstream", value: "true", unread: "maybe", file: "ingress/service-upstream.test.ts" },
  { name: "custom-headers", value: "h", unread: "a b", file: "ingress/named-headers.test.ts" },
  { name: "proxy-buffer-size", value: "40k", unread: "large", file: "ingress/proxy-buffer-size.test.ts" },
  { name: "proxy-connect-timeout", value: "5", unread: "0", file: PATIENCE, word: "proxy-connect-timeout" },
  { name: "proxy-send-timeout", value: "5", unread: "-1", file: PATIENCE },
  { name: "proxy-read-timeout", value: "5m", unread: "long", file: PATIENCE },
  { name: "proxy-next-upstream-tries", value: "2", unread: "all", file: PATIENCE },
  { name: "proxy-next-upstream", value: "error http_502", unread: "http_418", file: NEXT },
  { name: "proxy-next-upstream-timeout", value: "10", unread: "soon", file: NEXT },
  { name: "custom-http-errors", value: "404,503", unread: "none", file: "ingress/error-pages.test.ts" },
  { name: "disable-proxy-intercept-errors", value: "true", unread: "maybe", file: "ingress/error-pages.test.ts" },
  { name: "enable-access-log", value: "false", unread: "maybe", file: "ingress/access-log-format.test.ts" },
  { name: "mirror-target", value: "http://shadow.test", unread: "/mirror", file: MIRROR },
  { name: "mirror-host", value: "shadow.test", unread: "a b", file: MIRROR },
  { name: "mirror-request-body", value: "off", unread: "yes", file: MIRROR },
];
