import type { AnnotationFamily } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { INSTEAD } from "./instead.ts";

/** Annotations of other controllers, on an Ingress that is Hawser's now. */
export const OTHER_CONTROLLERS: readonly AnnotationFamily[] = [
  {
    title: "Ingress of GCE",
    prefixes: ["kubernetes.io/"],
    records: [
      {
        names: ["ingress.allow-http"],
        doc: "Whether plain requests are answered",
        risks: [{ effect: "restriction", asks: (value) => value === "false" }],
        instead: INSTEAD.toHttps,
      },
    ],
  },
  {
    title: "Traefik",
    prefixes: ["traefik.ingress.kubernetes.io/"],
    records: [
      {
        names: ["router.middlewares"],
        doc: "What is done with requests, restrictions among it",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.external,
      },
      {
        names: ["router.tls.options"],
        doc: "Options of TLS, client certificates among them",
        risks: [{ effect: "restriction" }],
        scope: "host",
        instead: INSTEAD.clientCertificate,
      },
      {
        names: ["router.entrypoints"],
        doc: "Ports at which requests may come in",
        risks: [
          {
            effect: "restriction",
            asks: (value) => value.split(",").some((name) => !/^(?:|web|websecure|http|https)$/.test(name.trim())),
          },
        ],
        instead: INSTEAD.allow,
      },
      {
        names: ["whitelist-source-range"],
        doc: "Networks whose clients may come in",
        risks: [{ effect: "restriction", asks: ASKS.leavesOut }],
        instead: INSTEAD.allow,
      },
      {
        names: ["auth-*", "max-conn*", "rate-limit*"],
        doc: "Who may come in, and how often",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.external,
      },
      {
        names: ["app-root", "redirect-*", "request-modifier", "router.pathmatcher", "rule-type"],
        doc: "What requests reach",
        risks: [{ effect: "reaches-other" }],
        instead: INSTEAD.rewrite,
      },
    ],
  },
  {
    title: "HAProxy Kubernetes Ingress Controller",
    prefixes: ["haproxy.org/", "haproxy.com/"],
    records: [
      {
        names: ["allow-list", "whitelist"],
        doc: "Networks whose clients may come in",
        risks: [{ effect: "restriction", asks: ASKS.leavesOut }],
        instead: INSTEAD.allow,
      },
      {
        names: ["blacklist", "deny-list"],
        doc: "Networks whose clients may not come in",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.deny,
      },
      { names: ["auth-realm"], doc: "A detail of the question for name and password", risks: [{ effect: "ignored" }] },
      {
        names: ["auth-*", "client-ca*", "client-crt*"],
        doc: "Who may come in",
        risks: [{ effect: "restriction", asks: ASKS.on }],
        instead: INSTEAD.basic,
      },
      {
        names: ["rate-limit-requests"],
        doc: "How many requests one client may have",
        risks: [{ effect: "restriction", asks: ASKS.notZero }],
        instead: INSTEAD.rate,
      },
      {
        names: ["backend-config-snippet", "frontend-config-snippet", "modsecurity*", "route-acl", "waf"],
        doc: "Configuration of HAProxy, and firewalls",
        risks: [{ effect: "restriction" }],
      },
      {
        names: ["server-ssl", "ssl-passthrough"],
        doc: "The Service speaks TLS",
        risks: [{ effect: "reaches-other", asks: ASKS.on }],
      },
      { names: ["server-proto"], doc: "The protocol that the Service speaks", risks: [{ effect: "reaches-other" }] },
      {
        names: ["send-proxy-protocol"],
        doc: "Connections to the Service begin with a header of the PROXY protocol",
        risks: [{ effect: "reaches-other" }],
        instead: INSTEAD.proxyProtocol,
      },
      {
        names: ["path-rewrite", "request-redirect", "set-host"],
        doc: "What requests reach",
        risks: [{ effect: "reaches-other" }],
        instead: INSTEAD.rewrite,
      },
    ],
  },
  {
    title: "Kong",
    prefixes: ["konghq.com/"],
    records: [
      {
        names: ["headers.*", "methods", "override", "plugins", "snis"],
        doc: "What is done with requests, and which ones a rule is for",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.external,
      },
      {
        names: ["protocol", "protocols"],
        doc: "The protocols that clients may speak",
        risks: [
          {
            effect: "reaches-other",
            asks: (value) => value.split(",").some((name) => !/^(?:|https?)$/.test(name.trim())),
          },
        ],
      },
      {
        names: ["strip-path"],
        doc: "The matched path is taken away",
        risks: [{ effect: "reaches-other", asks: ASKS.on }],
        instead: INSTEAD.rewrite,
      },
      {
        names: ["host-aliases", "preserve-host", "rewrite"],
        doc: "What requests reach",
        risks: [{ effect: "reaches-other", asks: (value) => value !== "true" && value !== "" }],
        instead: INSTEAD.rewrite,
      },
    ],
  },
  {
    title: "Kong, older",
    prefixes: ["plugins.konghq.com/", "configuration.konghq.com/"],
    records: [
      {
        names: ["*"],
        doc: "What is done with requests",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.external,
      },
    ],
  },
  {
    title: "Kong, without a slash",
    prefixes: [""],
    records: [
      {
        names: ["configuration.konghq.com", "plugins.konghq.com"],
        doc: "What is done with requests",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.external,
      },
    ],
  },
  {
    title: "Pomerium",
    prefixes: ["ingress.pomerium.io/"],
    records: [
      {
        names: ["allow_any_authenticated_user", "allowed_*", "policy"],
        doc: "Who may come in",
        risks: [{ effect: "restriction", asks: ASKS.on }],
        instead: INSTEAD.external,
      },
    ],
  },
  {
    title: "ngrok",
    prefixes: ["k8s.ngrok.com/"],
    records: [
      {
        names: ["modules", "traffic-policy"],
        doc: "What is done with requests",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.external,
      },
    ],
  },
  {
    title: "Cilium",
    prefixes: ["ingress.cilium.io/"],
    records: [
      {
        names: ["tls-passthrough"],
        doc: "TLS is not ended, but passed on",
        risks: [{ effect: "reaches-other", asks: (value) => value !== "disabled" && ASKS.on(value) }],
      },
    ],
  },
  {
    title: "NGINX Ingress Controller of F5",
    prefixes: ["nginx.org/"],
    records: [
      { names: ["app-root"], doc: "The path to which `/` is redirected", risks: [{ effect: "root" }] },
      {
        names: ["basic-auth-secret", "limit-req-rate", "policies"],
        doc: "Who may come in, and how often",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.external,
      },
      {
        names: ["server-snippets"],
        doc: "Configuration of nginx for the hosts",
        risks: [{ effect: "snippet" }],
        scope: "host",
      },
      { names: ["location-snippets"], doc: "Configuration of nginx for the paths", risks: [{ effect: "snippet" }] },
      {
        names: [
          "grpc-services",
          "mergeable-ingress-type",
          "path-regex",
          "rewrite-target",
          "rewrites",
          "ssl-services",
          "use-cluster-ip-tls",
        ],
        doc: "What requests reach",
        risks: [{ effect: "reaches-other" }],
        instead: INSTEAD.rewrite,
      },
    ],
  },
  {
    title: "NGINX Plus of F5",
    prefixes: ["nginx.com/"],
    records: [
      {
        names: ["jwt-key"],
        doc: "The Secret by which tokens are checked",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.external,
      },
    ],
  },
  {
    title: "App Protect of F5",
    prefixes: ["appprotect.f5.com/", "appprotectdos.f5.com/"],
    records: [{ names: ["*"], doc: "A firewall for requests", risks: [{ effect: "restriction", asks: ASKS.on }] }],
  },
  {
    title: "BIG-IP of F5",
    prefixes: ["virtual-server.f5.com/"],
    records: [
      {
        names: ["allow-source-range", "whitelist-source-range"],
        doc: "Networks whose clients may come in",
        risks: [{ effect: "restriction", asks: ASKS.leavesOut }],
        instead: INSTEAD.allow,
      },
      {
        names: ["rewrite-app-root", "rewrite-target-url", "serverssl"],
        doc: "What requests reach",
        risks: [{ effect: "reaches-other" }],
        instead: INSTEAD.rewrite,
      },
    ],
  },
  {
    title: "AWS Load Balancer Controller",
    prefixes: ["alb.ingress.kubernetes.io/"],
    records: [
      {
        names: ["auth-type"],
        doc: "How clients sign in",
        risks: [{ effect: "restriction", asks: ASKS.on }],
        instead: INSTEAD.external,
      },
      {
        names: ["inbound-cidrs"],
        doc: "Networks whose clients may come in",
        risks: [{ effect: "restriction", asks: ASKS.leavesOut }],
        instead: INSTEAD.allow,
      },
      {
        names: ["scheme"],
        doc: "Whether the load balancer is for the internet",
        risks: [{ effect: "restriction", asks: (value) => value === "internal" }],
        instead: INSTEAD.allow,
      },
      {
        names: [
          "conditions.*",
          "jwt-validation",
          "mutual-authentication",
          "security-group-prefix-lists",
          "security-groups",
          "waf-acl-id",
          "wafv2-acl-arn",
          "wafv2-acl-name",
          "web-acl-id",
        ],
        doc: "Who may come in, and which requests a rule is for",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.allow,
      },
      {
        names: ["backend-protocol", "backend-protocol-version"],
        doc: "The protocol that the Service speaks",
        risks: [{ effect: "reaches-other", asks: ASKS.notHttp }],
      },
      { names: ["actions.*", "transforms.*"], doc: "What requests reach", risks: [{ effect: "reaches-other" }] },
    ],
  },
  {
    title: "Application Gateway of Azure",
    prefixes: ["appgw.ingress.kubernetes.io/"],
    records: [
      { names: ["waf-policy-for-path"], doc: "A firewall for requests", risks: [{ effect: "restriction" }] },
      {
        names: ["use-private-ip"],
        doc: "Only clients of the own network may come in",
        risks: [{ effect: "restriction", asks: ASKS.on }],
        instead: INSTEAD.allow,
      },
      {
        names: ["backend-protocol"],
        doc: "The protocol that the Service speaks",
        risks: [{ effect: "reaches-other", asks: ASKS.notHttp }],
      },
      {
        names: ["appgw-trusted-root-certificate", "backend-hostname", "backend-path-prefix", "rewrite-rule-set*"],
        doc: "What requests reach",
        risks: [{ effect: "reaches-other" }],
        instead: INSTEAD.rewrite,
      },
    ],
  },
  {
    title: "Skipper",
    prefixes: ["zalando.org/"],
    records: [
      {
        names: ["skipper-filter", "skipper-predicate", "skipper-routes"],
        doc: "What is done with requests, and which ones a rule is for",
        risks: [{ effect: "restriction" }],
        instead: INSTEAD.external,
      },
    ],
  },
  {
    title: "APISIX",
    prefixes: ["k8s.apisix.apache.org/"],
    records: [
      {
        names: ["allowlist-source-range"],
        doc: "Networks whose clients may come in",
        risks: [{ effect: "restriction", asks: ASKS.leavesOut }],
        instead: INSTEAD.allow,
      },
      {
        names: [
          "auth-*",
          "blocklist-source-range",
          "enable-csrf",
          "http-allow-methods",
          "http-block-methods",
          "plugin-config-name",
        ],
        doc: "Who may come in, and with which methods",
        risks: [{ effect: "restriction", asks: ASKS.on }],
        instead: INSTEAD.external,
      },
      {
        names: ["http-redirect", "rewrite-*", "upstream-scheme", "use-regex"],
        doc: "What requests reach",
        risks: [{ effect: "reaches-other", asks: ASKS.notHttp }],
        instead: INSTEAD.rewrite,
      },
    ],
  },
  {
    title: "Emissary",
    prefixes: ["getambassador.io/"],
    records: [{ names: ["config"], doc: "The whole configuration", risks: [{ effect: "restriction" }] }],
  },
];
