/** What one annotation does to a request of a real client, and which values of it are read and not read. */
export interface AnnotationCase {
  readonly name: string;
  /** A value that is served. */
  readonly value: string;
  /** A value that cannot be read; left out where any text can. */
  readonly unread?: string;
  /** It does the same with the value that cannot be read, because its writer asked for it and that is the safer side. */
  readonly isOnUnread?: true;
  /** Other annotations of the Ingress, with and without this one. */
  readonly with?: Readonly<Record<string, string>>;
  /** First line and lines of the request, without `Host`, where it is not `GET /x`. */
  readonly request?: string;
  readonly host?: string;
  /** Path of the rule, of type ImplementationSpecific; by default `/`. */
  readonly path?: string;
  /** These are annotations of a canary of the Ingress, which has those of `main`. */
  readonly main?: Readonly<Record<string, string>>;
  /** What the client or the endpoint gets with this annotation, and not without it. */
  readonly seen: RegExp;
}

const CANARY = { canary: "true" };
const BY_HEADER = { ...CANARY, "canary-by-header": "X-C" };
const CORS = { "enable-cors": "true" };
const STICKY = { affinity: "cookie" };
const PERMANENT = { "permanent-redirect": "/new" };
const TEMPORAL = { "temporal-redirect": "/new" };
const FROM_CANARY = /\r\n\r\ncanary: /;
const GET_X = "GET /x HTTP/1.1";

export const ONE_REQUEST: readonly AnnotationCase[] = [
  {
    name: "force-ssl-redirect",
    value: "true",
    unread: "maybe",
    isOnUnread: true,
    seen: /^HTTP\/1\.1 308 [^]*\nLocation: https:/,
  },
  { name: "rewrite-target", value: "/new", unread: "new", seen: /: GET \/new HTTP/ },
  { name: "use-regex", value: "true", unread: "maybe", isOnUnread: true, path: "/[xy]$", seen: /^HTTP\/1\.1 200 / },
  { name: "canary", value: "true", with: { "canary-weight": "100" }, main: {}, seen: FROM_CANARY },
  {
    name: "canary-by-header",
    value: "X-C",
    unread: "X C",
    with: CANARY,
    main: {},
    request: `${GET_X}\r\nX-C: always`,
    seen: FROM_CANARY,
  },
  {
    name: "canary-by-header-value",
    value: "yes",
    with: BY_HEADER,
    main: {},
    request: `${GET_X}\r\nX-C: yes`,
    seen: FROM_CANARY,
  },
  {
    name: "canary-by-header-pattern",
    value: "^y.s$",
    unread: "(",
    with: BY_HEADER,
    main: {},
    request: `${GET_X}\r\nX-C: yes`,
    seen: FROM_CANARY,
  },
  {
    name: "canary-by-cookie",
    value: "beta",
    unread: "be ta",
    with: CANARY,
    main: {},
    request: `${GET_X}\r\nCookie: beta=always`,
    seen: FROM_CANARY,
  },
  { name: "canary-weight", value: "100", unread: "many", with: CANARY, main: {}, seen: FROM_CANARY },
  { name: "temporal-redirect", value: "https://b.com", unread: "ftp://b.com", seen: /^HTTP\/1\.1 302 / },
  { name: "temporal-redirect-code", value: "307", unread: "200", with: TEMPORAL, seen: /^HTTP\/1\.1 307 / },
  { name: "permanent-redirect", value: "https://b.com", unread: "ftp://b.com", seen: /^HTTP\/1\.1 301 / },
  { name: "permanent-redirect-code", value: "308", unread: "200", with: PERMANENT, seen: /^HTTP\/1\.1 308 / },
  {
    name: "relative-redirects",
    value: "true",
    unread: "maybe",
    isOnUnread: true,
    with: PERMANENT,
    seen: /\nLocation: \/new\r/,
  },
  { name: "app-root", value: "/shop", unread: "shop", request: "GET / HTTP/1.1", seen: /^HTTP\/1\.1 302 / },
  {
    name: "from-to-www-redirect",
    value: "true",
    unread: "maybe",
    isOnUnread: true,
    host: "www.a.com",
    seen: /^HTTP\/1\.1 308 [^]*\nLocation: http:\/\/a\.com\/x\r/,
  },
  { name: "upstream-vhost", value: "v.test", unread: "v test", seen: /\nHost: v\.test\r/i },
  {
    name: "x-forwarded-prefix",
    value: "/shop",
    with: { "rewrite-target": "/new" },
    seen: /\nX-Forwarded-Prefix: \/shop\r/i,
  },
  { name: "server-alias", value: "b.test", unread: "b..test", host: "b.test", seen: /^HTTP\/1\.1 200 / },
  { name: "allowlist-source-range", value: "10.0.0.0/8", unread: "10.0.0.0/33", seen: /^HTTP\/1\.1 403 / },
  { name: "whitelist-source-range", value: "10.0.0.0/8", unread: "nonsense", seen: /^HTTP\/1\.1 403 / },
  { name: "denylist-source-range", value: "127.0.0.0/8", unread: "127", seen: /^HTTP\/1\.1 403 / },
  {
    name: "configuration-snippet",
    value: 'more_set_headers "X-A: b";',
    unread: "access_by_lua x;",
    seen: /\nX-A: b\r/,
  },
  { name: "server-snippet", value: 'more_set_headers "X-A: b";', unread: "access_by_lua x;", seen: /\nX-A: b\r/ },
  {
    name: "proxy-body-size",
    value: "1k",
    unread: "1 kilobyte",
    request: "POST /x HTTP/1.1\r\nContent-Length: 2000",
    seen: /^HTTP\/1\.1 413 /,
  },
  { name: "affinity", value: "cookie", unread: "ip", seen: /\nSet-Cookie: INGRESSCOOKIE=/ },
  { name: "session-cookie-name", value: "route", unread: "a b", with: STICKY, seen: /\nSet-Cookie: route=/ },
  {
    name: "session-cookie-path",
    value: "/shop",
    unread: "/;",
    with: STICKY,
    seen: /\nSet-Cookie: INGR.*; Path=\/shop/,
  },
  {
    name: "session-cookie-domain",
    value: "a.com",
    unread: "a;b",
    with: STICKY,
    seen: /\nSet-Cookie: INGR.*; Domain=a\.com/,
  },
  { name: "session-cookie-expires", value: "60", unread: "soon", with: STICKY, seen: /\nSet-Cookie: INGR.*; Expires=/ },
  {
    name: "session-cookie-max-age",
    value: "60",
    unread: "soon",
    with: STICKY,
    seen: /\nSet-Cookie: INGR.*; Max-Age=60/,
  },
  {
    name: "session-cookie-samesite",
    value: "Lax",
    unread: "Some",
    with: STICKY,
    seen: /\nSet-Cookie: INGR.*; SameSite=Lax/,
  },
  {
    name: "session-cookie-secure",
    value: "true",
    unread: "maybe",
    isOnUnread: true,
    with: STICKY,
    seen: /\nSet-Cookie: INGR.*; Secure/,
  },
  { name: "enable-cors", value: "true", unread: "maybe", seen: /\nAccess-Control-Allow-Origin: \*\r/ },
  {
    name: "cors-allow-origin",
    value: "https://b.com",
    unread: "b.com",
    with: CORS,
    request: `${GET_X}\r\nOrigin: https://b.com`,
    seen: /\nAccess-Control-Allow-Origin: https:\/\/b\.com\r/,
  },
  {
    name: "cors-allow-methods",
    value: "PATCH",
    unread: "P;",
    with: CORS,
    seen: /\nAccess-Control-Allow-Methods: PATCH\r/,
  },
  {
    name: "cors-allow-headers",
    value: "X-One",
    unread: "X;",
    with: CORS,
    seen: /\nAccess-Control-Allow-Headers: X-One\r/,
  },
  {
    name: "cors-expose-headers",
    value: "ETag",
    unread: "E;",
    with: CORS,
    seen: /\nAccess-Control-Expose-Headers: ETag\r/,
  },
  {
    name: "cors-allow-credentials",
    value: "false",
    unread: "maybe",
    isOnUnread: true,
    with: CORS,
    seen: /^(?![^]*Allow-Credentials)/,
  },
  { name: "cors-max-age", value: "600", unread: "long", with: CORS, seen: /\nAccess-Control-Max-Age: 600\r/ },
  { name: "proxy-cookie-domain", value: "e.test a.com", unread: "(", seen: /\nSet-Cookie: e=1; Domain=a\.com/i },
  { name: "proxy-cookie-path", value: "/e /shop", unread: "(", seen: /\nSet-Cookie: e=1;.*; Path=\/shop/i },
  {
    name: "proxy-redirect-from",
    value: "http://e.test/",
    with: { "proxy-redirect-to": "http://a.com/" },
    seen: /\nLocation: http:\/\/a\.com\/l\r/,
  },
  {
    name: "proxy-redirect-to",
    value: "http://a.com/",
    with: { "proxy-redirect-from": "http://e.test/" },
    seen: /\nLocation: http:\/\/a\.com\/l\r/,
  },
  { name: "connection-proxy-header", value: "close", unread: "a b", seen: /: GET [^]*\nConnection: close\r/i },
];
