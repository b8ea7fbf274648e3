import { parseCidr } from "#src/ip/cidr.ts";

/**
 * What becomes of an Ingress, or a part of it, whose annotation Hawser does not serve.
 * `restriction`: it says who may come in, or how often, and all its paths are closed. `snippet`: the same where the text
 * has a directive that may restrict. `reaches-other`: requests would reach something else than written; all paths are closed.
 * `root`, `hosts`, `www-hosts`: only the path `/`, or the hosts that the annotation adds, are closed. `canary`: the Ingress
 * takes no requests and closes nothing. `fallback` and `ignored`: it is served without, with a warning.
 */
type AnnotationEffect =
  | "restriction"
  | "snippet"
  | "reaches-other"
  | "root"
  | "hosts"
  | "www-hosts"
  | "canary"
  | "fallback"
  | "ignored";

/** An annotation that Hawser does not serve. */
export interface AnnotationRisk {
  /** Matches the name: without prefix for ingress-nginx and its relatives, with its prefix for all others. */
  readonly name: RegExp;
  readonly effect: AnnotationEffect;
  /**
   * Whether a value asks for anything; default: any that is not blank. `siblings` gives the values of other annotations
   * of the same prefix.
   */
  readonly asks?: (value: string, siblings: (name: string) => string | undefined) => boolean;
  /** `host`: it holds for all paths of the hosts of its Ingress, also those of other Ingresses. Default: for its own paths. */
  readonly scope?: "host";
  /** The annotation of Hawser that says the same, or will. */
  readonly typed?: string;
}

const isOn = (value: string): boolean => value !== "" && !/^(?:false|off|no|none|0)$/i.test(value);
const isNotZero = (value: string): boolean => !/^0*(?:\.0*)?$/.test(value);
const isNotHttp = (value: string): boolean => !/^(?:http|http1|h1)?$/i.test(value);
/** What ingress-nginx takes for true (Go, strconv.ParseBool). */
const isTrue = (value: string): boolean => /^(?:1|t|true)$/i.test(value);
/** Whether a list of networks leaves any address out. A list that cannot be read does. */
const leavesOut = (value: string): boolean => {
  const networks = value.split(",").map((text) => parseCidr(text.trim()));
  if (value === "" || networks.includes(undefined)) return value !== "";
  return !["ipv4", "ipv6"].every((family) => networks.some((one) => one?.family === family && one.prefixLength === 0));
};

const ALLOW = "hawser.dev/allowlist-source-range";
const DENY = "hawser.dev/denylist-source-range";
const BASIC = "hawser.dev/auth-type with hawser.dev/auth-secret";
const EXTERNAL = "hawser.dev/auth-url";
const CLIENT_CERTIFICATE = "hawser.dev/auth-tls-secret";
const RATE = "hawser.dev/limit-rps";
const REWRITE = "hawser.dev/rewrite-target";

/**
 * Of ingress-nginx and those that took over its names (HAProxy Ingress, Voyager, Higress). The first that matches counts.
 */
export const NGINX_RISKS: readonly AnnotationRisk[] = [
  {
    name: /^auth-(?:realm|signin.*|method|response-headers|proxy-set-headers|request-redirect|always-set-cookie|cache-.*|keepalive.*|secret-type|tls-verify-depth|tls-pass-certificate-to-upstream|tls-error-page|tls-cert-header)$/,
    effect: "ignored",
  },
  {
    name: /^auth-tls-(?:verify-client|match-cn)$/,
    effect: "restriction",
    scope: "host",
    asks: isOn,
    typed: CLIENT_CERTIFICATE,
  },
  {
    name: /^auth-tls-secret$/,
    effect: "restriction",
    scope: "host",
    asks: (value, siblings) => value !== "" && siblings("auth-tls-verify-client") !== "off",
    typed: CLIENT_CERTIFICATE,
  },
  { name: /^auth-type$/, effect: "restriction", asks: isOn, typed: BASIC },
  { name: /^auth-secret$/, effect: "restriction", typed: BASIC },
  { name: /^auth-snippet$/, effect: "snippet" },
  { name: /^auth-/, effect: "restriction", asks: isOn, typed: EXTERNAL },
  { name: /^satisfy$/, effect: "ignored" },
  { name: /^(?:whitelist|allowlist)-source-range$/, effect: "restriction", asks: leavesOut, typed: ALLOW },
  { name: /^(?:denylist|blacklist|blocklist)-source-range$/, effect: "restriction", typed: DENY },
  { name: /^limit-(?:rps|rpm|connections)$/, effect: "restriction", asks: isNotZero, typed: RATE },
  {
    name: /^limit-(?:rate|rate-after|burst-multiplier|whitelist|allowlist)$|^rate-limit-(?:period|size|status-code)$|^global-rate-limit-.*$/,
    effect: "ignored",
  },
  { name: /^(?:limit-.*|global-rate-limit|rate-limit.*)$/, effect: "restriction", asks: isNotZero, typed: RATE },
  { name: /^(?:whitelist|allow-list)$/, effect: "restriction", asks: leavesOut, typed: ALLOW },
  { name: /^(?:deny-list|blacklist)$/, effect: "restriction", typed: DENY },
  { name: /^modsecurity-transaction-id$/, effect: "ignored" },
  {
    name: /^(?:enable-modsecurity|enable-owasp-core-rules|modsecurity-.*|waf|waf-mode|block-.*|enable-csrf.*)$/,
    effect: "restriction",
    asks: isOn,
  },
  { name: /^oauth$/, effect: "restriction", asks: isOn, typed: EXTERNAL },
  { name: /^(?:server|stream)-snippets?$/, effect: "snippet", scope: "host" },
  { name: /^(?:configuration|location)-snippets?$/, effect: "snippet" },
  { name: /^config-(?:backend|frontend|tcp|tcp-service|proxy)(?:-.*)?$/, effect: "restriction" },
  { name: /^canary$/, effect: "canary", asks: isTrue },
  // No canary for ingress-nginx, though its writer may have meant one.
  { name: /^canary$/, effect: "reaches-other", asks: isOn },
  { name: /^canary-/, effect: "ignored", asks: (value, siblings) => value !== "" && !isTrue(siblings("canary") ?? "") },
  {
    name: /^(?:permanent|temporal)-redirect$|^redirect-(?:to|regex|replacement|entry-point)$|^request-redirect$/,
    effect: "reaches-other",
  },
  { name: /^(?:path-rewrite|set-host)$/, effect: "reaches-other", typed: REWRITE },
  { name: /^(?:backend|server)-protocol$/, effect: "reaches-other", asks: isNotHttp },
  { name: /^(?:secure-backends|server-ssl|ssl-passthrough|tcp-service-port)$/, effect: "reaches-other", asks: isOn },
  { name: /^upstream-vhost$/, effect: "reaches-other" },
  // Of relatives of ingress-nginx: their meaning is not the one that Hawser serves under its own names.
  { name: /^rewrite-target$/, effect: "reaches-other", typed: REWRITE },
  { name: /^use-regex$/, effect: "reaches-other", asks: isOn },
  { name: /^wallarm-mode$/, effect: "restriction", asks: (value) => /block/i.test(value) },
  { name: /^(?:rule-type|path-type)$/, effect: "reaches-other" },
  { name: /^app-root$/, effect: "root" },
  { name: /^server-alias(?:-regex)?$|^redirect-from(?:-regex)?$/, effect: "hosts" },
  { name: /^from-to-www-redirect$/, effect: "www-hosts", asks: isOn },
  { name: /^default-backend$/, effect: "fallback" },
];

/** Of other controllers, on an Ingress that is ours now: by name with prefix. */
export const FOREIGN_RISKS: readonly AnnotationRisk[] = [
  // Ingress of GCE
  {
    name: /^kubernetes\.io\/ingress\.allow-http$/,
    effect: "restriction",
    asks: (value) => value === "false",
    typed: "hawser.dev/force-ssl-redirect",
  },
  // Traefik 2 and 3, then 1
  { name: /^traefik\.ingress\.kubernetes\.io\/router\.middlewares$/, effect: "restriction", typed: EXTERNAL },
  {
    name: /^traefik\.ingress\.kubernetes\.io\/router\.tls\.options$/,
    effect: "restriction",
    scope: "host",
    typed: CLIENT_CERTIFICATE,
  },
  {
    name: /^traefik\.ingress\.kubernetes\.io\/router\.entrypoints$/,
    effect: "restriction",
    asks: (value) => value.split(",").some((name) => !/^(?:|web|websecure|http|https)$/.test(name.trim())),
    typed: ALLOW,
  },
  {
    name: /^traefik\.ingress\.kubernetes\.io\/whitelist-source-range$/,
    effect: "restriction",
    asks: leavesOut,
    typed: ALLOW,
  },
  { name: /^traefik\.ingress\.kubernetes\.io\/(?:auth-|rate-limit|max-conn)/, effect: "restriction", typed: EXTERNAL },
  {
    name: /^traefik\.ingress\.kubernetes\.io\/(?:router\.pathmatcher|rule-type|request-modifier|redirect-.*|app-root)$/,
    effect: "reaches-other",
    typed: REWRITE,
  },
  // HAProxy Technologies
  { name: /^haproxy\.(?:org|com)\/(?:allow-list|whitelist)$/, effect: "restriction", asks: leavesOut, typed: ALLOW },
  { name: /^haproxy\.(?:org|com)\/(?:deny-list|blacklist)$/, effect: "restriction", typed: DENY },
  { name: /^haproxy\.(?:org|com)\/auth-realm$/, effect: "ignored" },
  { name: /^haproxy\.(?:org|com)\/(?:auth-|client-ca|client-crt)/, effect: "restriction", asks: isOn, typed: BASIC },
  { name: /^haproxy\.(?:org|com)\/rate-limit-requests$/, effect: "restriction", asks: isNotZero, typed: RATE },
  {
    name: /^haproxy\.(?:org|com)\/(?:(?:backend|frontend)-config-snippet|route-acl|waf|modsecurity.*)$/,
    effect: "restriction",
  },
  { name: /^haproxy\.(?:org|com)\/(?:ssl-passthrough|server-ssl)$/, effect: "reaches-other", asks: isOn },
  { name: /^haproxy\.(?:org|com)\/server-proto$/, effect: "reaches-other" },
  {
    name: /^haproxy\.(?:org|com)\/(?:path-rewrite|set-host|request-redirect)$/,
    effect: "reaches-other",
    typed: REWRITE,
  },
  // Kong
  {
    name: /^(?:konghq\.com\/(?:plugins|methods|snis|override|headers\..+)|(?:plugins|configuration)\.konghq\.com(?:\/.*)?)$/,
    effect: "restriction",
    typed: EXTERNAL,
  },
  {
    name: /^konghq\.com\/protocols?$/,
    effect: "reaches-other",
    asks: (value) => value.split(",").some((name) => !/^(?:|https?)$/.test(name.trim())),
  },
  { name: /^konghq\.com\/strip-path$/, effect: "reaches-other", asks: isOn, typed: REWRITE },
  {
    name: /^konghq\.com\/(?:rewrite|host-aliases|preserve-host)$/,
    effect: "reaches-other",
    asks: (value) => value !== "true" && value !== "",
    typed: REWRITE,
  },
  // Pomerium, ngrok, Cilium
  {
    name: /^ingress\.pomerium\.io\/(?:policy|allowed_.+|allow_any_authenticated_user)$/,
    effect: "restriction",
    asks: isOn,
    typed: EXTERNAL,
  },
  { name: /^k8s\.ngrok\.com\/(?:modules|traffic-policy)$/, effect: "restriction", typed: EXTERNAL },
  {
    name: /^ingress\.cilium\.io\/tls-passthrough$/,
    effect: "reaches-other",
    asks: (value) => value !== "disabled" && isOn(value),
  },
  // NGINX Ingress Controller of F5
  { name: /^nginx\.org\/app-root$/, effect: "root" },
  { name: /^nginx\.org\/(?:policies|basic-auth-secret|limit-req-rate)$/, effect: "restriction", typed: EXTERNAL },
  { name: /^nginx\.com\/jwt-key$/, effect: "restriction", typed: EXTERNAL },
  { name: /^nginx\.org\/server-snippets$/, effect: "snippet", scope: "host" },
  { name: /^nginx\.org\/location-snippets$/, effect: "snippet" },
  { name: /^(?:appprotect|appprotectdos)\.f5\.com\//, effect: "restriction", asks: isOn },
  {
    name: /^nginx\.org\/(?:rewrites|rewrite-target|ssl-services|grpc-services|mergeable-ingress-type|path-regex|use-cluster-ip-tls)$/,
    effect: "reaches-other",
    typed: REWRITE,
  },
  // BIG-IP of F5
  {
    name: /^virtual-server\.f5\.com\/(?:allow-source-range|whitelist-source-range)$/,
    effect: "restriction",
    asks: leavesOut,
    typed: ALLOW,
  },
  {
    name: /^virtual-server\.f5\.com\/(?:rewrite-target-url|rewrite-app-root|serverssl)$/,
    effect: "reaches-other",
    typed: REWRITE,
  },
  // AWS Load Balancer Controller
  { name: /^alb\.ingress\.kubernetes\.io\/auth-type$/, effect: "restriction", asks: isOn, typed: EXTERNAL },
  { name: /^alb\.ingress\.kubernetes\.io\/inbound-cidrs$/, effect: "restriction", asks: leavesOut, typed: ALLOW },
  {
    name: /^alb\.ingress\.kubernetes\.io\/scheme$/,
    effect: "restriction",
    asks: (value) => value === "internal",
    typed: ALLOW,
  },
  {
    name: /^alb\.ingress\.kubernetes\.io\/(?:security-groups|security-group-prefix-lists|mutual-authentication|wafv2-acl-(?:arn|name)|waf-acl-id|web-acl-id|conditions\..+|jwt-validation)$/,
    effect: "restriction",
    typed: ALLOW,
  },
  { name: /^alb\.ingress\.kubernetes\.io\/backend-protocol$/, effect: "reaches-other", asks: isNotHttp },
  { name: /^alb\.ingress\.kubernetes\.io\/backend-protocol-version$/, effect: "reaches-other", asks: isNotHttp },
  { name: /^alb\.ingress\.kubernetes\.io\/(?:actions|transforms)\..+$/, effect: "reaches-other" },
  // Application Gateway of Azure
  { name: /^appgw\.ingress\.kubernetes\.io\/waf-policy-for-path$/, effect: "restriction" },
  { name: /^appgw\.ingress\.kubernetes\.io\/use-private-ip$/, effect: "restriction", asks: isOn, typed: ALLOW },
  { name: /^appgw\.ingress\.kubernetes\.io\/backend-protocol$/, effect: "reaches-other", asks: isNotHttp },
  {
    name: /^appgw\.ingress\.kubernetes\.io\/(?:backend-path-prefix|backend-hostname|rewrite-rule-set.*|appgw-trusted-root-certificate)$/,
    effect: "reaches-other",
    typed: REWRITE,
  },
  // Skipper, APISIX, Emissary
  { name: /^zalando\.org\/skipper-(?:filter|predicate|routes)$/, effect: "restriction", typed: EXTERNAL },
  { name: /^k8s\.apisix\.apache\.org\/allowlist-source-range$/, effect: "restriction", asks: leavesOut, typed: ALLOW },
  {
    name: /^k8s\.apisix\.apache\.org\/(?:plugin-config-name|auth-.*|blocklist-source-range|http-(?:allow|block)-methods|enable-csrf)$/,
    effect: "restriction",
    asks: isOn,
    typed: EXTERNAL,
  },
  {
    name: /^k8s\.apisix\.apache\.org\/(?:rewrite-.*|use-regex|http-redirect|upstream-scheme)$/,
    effect: "reaches-other",
    asks: isNotHttp,
    typed: REWRITE,
  },
  { name: /^getambassador\.io\/config$/, effect: "restriction" },
];

/** Names that speak of a restriction, of prefixes that Hawser does not know: a person has to look. */
export const LOOKS_LIKE_RESTRICTION =
  /\/(?:.*[-._])?(?:access-control|access-polic(?:y|ies)|security-polic(?:y|ies)|allowed-(?:users|groups|domains|ips)|firewall|m-?tls|client-cert\w*|auth|oauth2?|oidc|jwt|basic-?auth|forward-?auth|whitelist|allow-?list|deny-?list|blacklist|blocklist|source-ranges?|acl|waf|middlewares?|rate-?limit\w*)(?:[-._].*)?$/i;
