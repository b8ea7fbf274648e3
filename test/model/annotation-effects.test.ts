import { describe, expect, it } from "vitest";
import { type IngressTarget, isAnswered, isBackend, isClosed } from "#src/model/ingress-path.ts";
import { parseIngress } from "#src/model/ingress.ts";
import { codes, object, valueOf } from "./build.ts";
import { withPlacePrinted } from "#src/model/problem.ts";

const NGINX = "nginx.ingress.kubernetes.io/";
const backend = { service: { name: "web", port: { number: 80 } } };

/** What closes the whole host, as `routesOf` shows it. */
const WHOLE_HOST = "a.com: closed-restriction";

function withAnnotations(annotations: Readonly<Record<string, string>>, path = "/a") {
  const metadata = { name: "shop", annotations };
  const spec = { rules: [{ host: "a.com", http: { paths: [{ path, pathType: "ImplementationSpecific", backend }] } }] };
  return parseIngress(object(JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec })));
}

/** `host path: Service or why it is closed` of each path. */
function routesOf(parsed: ReturnType<typeof withAnnotations>): readonly string[] {
  return valueOf(parsed).rules.flatMap(({ host, paths }) =>
    paths.map(({ path, target }) => `${host}${path}: ${doneBy(target)}`),
  );
}

function doneBy(target: IngressTarget): string {
  if (isClosed(target)) return target.closed;
  if (isAnswered(target)) return String(target.respond);
  return isBackend(target)
    ? target.serviceName
    : `${target.redirect.status} to ${JSON.stringify(target.redirect.location)}`;
}

describe("parseIngress()", () => {
  it("reads a host in time that is much longer than any, in rules and in annotations", () => {
    const text = `${".".repeat(200_000)}x`;
    const { user: before } = process.cpuUsage();
    expect(codes(withAnnotations({ [`${NGINX}server-alias`]: text }).problems)).toEqual(["INGRESS_HOST_INVALID"]);
    // A minute when each dot was looked for the end of the text.
    expect(process.cpuUsage().user - before).toBeLessThan(5_000_000);
  });
});

describe("parseIngress() judges restrictions", () => {
  it.each([
    ["whitelist-source-range", "0.0.0.0/0,::/0"],
    ["allowlist-source-range", " ::/0 , 0.0.0.0/0, 10.0.0.0/8"],
    ["whitelist-source-range", " "],
    ["denylist-source-range", " "],
    ["limit-rps", "0"],
    ["limit-rpm", "00"],
    ["limit-connections", "0"],
    ["auth-type", ""],
    ["auth-type", "none"],
    ["auth-tls-verify-client", "off"],
    ["auth-tls-secret", "ca"],
    ["auth-tls-secret", "default/ca"],
    ["auth-tls-verify-depth", "0"],
    ["auth-tls-pass-certificate-to-upstream", "true"],
    ["auth-tls-error-page", "https://example.com/help"],
    ["enable-modsecurity", "false"],
    ["use-regex", "false"],
    ["use-regex", "true"],
    ["backend-protocol", "HTTP"],
    ["backend-protocol", "https"],
    ["backend-protocol", "AUTO_HTTP"],
    ["secure-backends", "true"],
    ["proxy-ssl-secret", "tls"],
    ["proxy-ssl-secret", "default/tls"],
    ["proxy-ssl-verify", "on"],
    ["proxy-ssl-name", "a.example"],
    ["proxy-ssl-server-name", "on"],
    ["proxy-ssl-verify-depth", "0"],
    ["proxy-ssl-ciphers", "HIGH:!aNULL:!MD5"],
    ["proxy-ssl-protocols", "TLSv1.2 TLSv1.3"],
    ["ssl-passthrough", "false"],
    ["canary", "false"],
    ["permanent-redirect", ""],
    ["proxy-body-size", "8m"],
    ["proxy-body-size", "0"],
    ["limit-whitelist", "10.0.0.0/8"],
    ["limit-burst-multiplier", "3"],
    ["limit-rate", "100"],
    ["limit-rate-after", "100"],
    ["auth-keepalive", "5"],
    ["enable-global-auth", "false"],
    ["proxy-cookie-path", "/ /app"],
    ["enable-cors", "true"],
    ["client-body-buffer-size", "8k"],
    ["proxy-connect-timeout", "10"],
    ["proxy-read-timeout", "3600"],
    ["proxy-send-timeout", "5m"],
    ["proxy-next-upstream", "error timeout http_502 non_idempotent"],
    ["proxy-next-upstream", "off"],
    ["proxy-next-upstream-timeout", "0"],
    ["proxy-next-upstream-tries", "0"],
    ["proxy-buffering", "off"],
    ["proxy-buffers-number", "8"],
    ["proxy-busy-buffers-size", "16k"],
    ["proxy-max-temp-file-size", "0"],
    ["proxy-request-buffering", "off"],
    ["proxy-buffer-size", "16k"],
    ["mirror-target", "http://shadow.test$request_uri"],
    ["mirror-target", "https://shadow.test:8443"],
    ["mirror-host", "shadow.test"],
    ["mirror-request-body", "off"],
    ["proxy-http-version", "1.1"],
    ["proxy-http-version", "1.0"],
  ])("I2 %s %j restricts nothing and is served without a word", (name, value) => {
    const parsed = withAnnotations({ [NGINX + name]: value });
    expect(routesOf(parsed)).toEqual(["a.com/a: web"]);
    expect(parsed.problems).toEqual([]);
  });

  it.each([
    ["ssl-ciphers", "HIGH"],
    ["canary-weight", "5"],
    ["nonsense", "x"],
  ])("I2 %s %j alone restricts nothing and is served with a warning", (name, value) => {
    const parsed = withAnnotations({ [NGINX + name]: value });
    expect(routesOf(parsed)).toEqual(["a.com/a: web"]);
    expect(codes(parsed.problems)).toEqual(["ingress_annotation_unknown"]);
  });

  it.each([
    ["proxy-body-size", "8 megabytes"],
    ["proxy-body-size", "-1"],
    ["limit-burst-multiplier", "many"],
    ["proxy-connect-timeout", "0"],
    ["proxy-read-timeout", "long"],
    ["proxy-send-timeout", "-1"],
    ["proxy-next-upstream-tries", "all"],
    ["limit-allowlist", "nonsense"],
    ["proxy-next-upstream", "error, timeout"],
    ["proxy-next-upstream", "http_418"],
    ["proxy-next-upstream-timeout", "soon"],
    ["proxy-buffer-size", "large"],
    ["mirror-target", "/mirror"],
    ["mirror-target", "http://$host/"],
    ["mirror-target", "http://127.0.0.1/"],
    ["mirror-target", "http://shadow.test/$secret"],
    ["mirror-host", "a b"],
    ["mirror-request-body", "yes"],
    ["proxy-buffer-size", "0"],
    ["proxy-buffering", "maybe"],
    ["proxy-request-buffering", "true"],
    ["proxy-buffers-number", "8 16k"],
    ["proxy-busy-buffers-size", "x"],
    ["proxy-max-temp-file-size", "-1"],
    ["client-body-buffer-size", "8 kB"],
    ["proxy-http-version", "2"],
    ["default-backend", "other/service"],
  ])("I2 %s %j cannot be read, and the Ingress is served as if it were not written", (name, value) => {
    const parsed = withAnnotations({ [NGINX + name]: value });
    expect(routesOf(parsed)).toEqual(["a.com/a: web"]);
    expect(codes(parsed.problems)).toEqual(["ingress_setting_invalid"]);
    expect(valueOf(parsed).settings).toEqual({});
  });

  it("I2 auth-tls-secret with auth-tls-verify-client off restricts nothing", () => {
    const both = { [`${NGINX}auth-tls-secret`]: "a/ca", [`${NGINX}auth-tls-verify-client`]: "off" };
    expect(routesOf(withAnnotations(both))).toEqual(["a.com/a: web"]);
    expect(routesOf(withAnnotations({ ...both, [`${NGINX}auth-tls-verify-client`]: "optional" }))).toEqual([
      WHOLE_HOST,
      "a.com/a: closed-restriction",
    ]);
  });

  it.each([
    ["limit-of-tomorrow", "5"],
    ["auth-of-tomorrow", "x"],
    ["enable-modsecurity", "true"],
    ["modsecurity-snippet", "SecRuleEngine On"],
    ["global-rate-limit", "10"],
  ])("I1 %s %j closes all paths", (name, value) => {
    const parsed = withAnnotations({ [NGINX + name]: value });
    expect(routesOf(parsed)).toEqual(["a.com/a: closed-restriction"]);
    expect(codes(parsed.problems)).toEqual(["INGRESS_RESTRICTION_UNSUPPORTED"]);
    expect(valueOf(parsed).closed).toBe("closed-restriction");
  });

  it.each([
    ["whitelist-source-range", "10.0.0.0/8"],
    ["allowlist-source-range", "10.0.0.0/8"],
    ["whitelist-source-range", "0.0.0.0/0"],
    ["denylist-source-range", "10.0.0.1"],
    ["limit-rps", "5"],
    ["limit-rpm", "5"],
    ["limit-connections", "5"],
  ])("I1 %s %j is served, and guards its paths", (name, value) => {
    const parsed = withAnnotations({ [NGINX + name]: value });
    expect(routesOf(parsed)).toEqual(["a.com/a: web"]);
    expect(parsed.problems).toEqual([]);
    expect(valueOf(parsed).isRestricted).toBe(true);
  });

  it.each([
    ["whitelist-source-range", "0.0.0.0/0,::/0,nonsense"],
    ["allowlist-source-range", "10.0.0.0/33"],
    ["denylist-source-range", "10.0.0.1 10.0.0.2"],
    ["limit-rps", "-5"],
    ["limit-rpm", "five"],
    ["limit-connections", "0.5"],
  ])("I1 %s %j cannot be read, and closes all paths", (name, value) => {
    const parsed = withAnnotations({ [NGINX + name]: value });
    expect(routesOf(parsed)).toEqual(["a.com/a: closed-restriction"]);
    expect(codes(parsed.problems)).toEqual(["INGRESS_RESTRICTION_INVALID"]);
  });

  it.each([
    ["auth-tls-secret", "a/b"],
    ["auth-tls-verify-client", "optional_no_ca"],
    ["auth-tls-verify-client", "yes"],
    ["auth-tls-verify-depth", "deep"],
    ["auth-tls-pass-certificate-to-upstream", "maybe"],
    ["auth-tls-error-page", "/help"],
    ["auth-tls-match-cn", "CN=a"],
    ["auth-tls-match-cn", "CN=(a"],
  ])("I1 %s %j closes the whole host, for it is not of one path", (name, value) => {
    const parsed = withAnnotations({ [NGINX + name]: value });
    expect(routesOf(parsed)).toEqual([WHOLE_HOST, "a.com/a: closed-restriction"]);
    expect(valueOf(parsed).rules[0]?.paths[0]?.isPattern).toBe(true);
    expect(parsed.problems[0]?.what).toBe("Closed all paths of the hosts of this Ingress");
  });

  it.each([
    "traefik.ingress.kubernetes.io/router.middlewares: default-auth@kubernetescrd",
    "traefik.ingress.kubernetes.io/router.entrypoints: internal",
    "traefik.ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8",
    "haproxy.org/allow-list: 10.0.0.0/8",
    "haproxy.org/whitelist: 10.0.0.0/8",
    "haproxy.org/deny-list: 10.0.0.0/8",
    "haproxy.com/auth-type: basic-auth",
    "haproxy.org/rate-limit-requests: 10",
    "haproxy.org/backend-config-snippet: http-request deny",
    "haproxy-ingress.github.io/allowlist-source-range: 10.0.0.0/8",
    "haproxy-ingress.github.io/auth-secret: users",
    "haproxy-ingress.github.io/oauth: oauth2_proxy",
    "haproxy-ingress.github.io/config-backend: http-request deny",
    "higress.io/whitelist-source-range: 10.0.0.0/8",
    "konghq.com/plugins: key-auth",
    "konghq.com/methods: GET",
    "plugins.konghq.com: key-auth",
    "nginx.org/policies: webapp-policy",
    "nginx.org/basic-auth-secret: users",
    "nginx.com/jwt-key: key",
    "appprotect.f5.com/app-protect-enable: True",
    "virtual-server.f5.com/allow-source-range: 10.0.0.0/8",
    "alb.ingress.kubernetes.io/auth-type: oidc",
    "alb.ingress.kubernetes.io/inbound-cidrs: 10.0.0.0/8",
    "alb.ingress.kubernetes.io/scheme: internal",
    "alb.ingress.kubernetes.io/wafv2-acl-arn: arn",
    "appgw.ingress.kubernetes.io/waf-policy-for-path: /policy",
    "appgw.ingress.kubernetes.io/use-private-ip: true",
    "zalando.org/skipper-filter: oauthTokeninfoAllScope()",
    "k8s.apisix.apache.org/auth-type: keyAuth",
    "kubernetes.io/ingress.allow-http: false",
  ])("I3 another controller's %s closes all paths", (text) => {
    const [name = "", value = ""] = text.split(": ");
    const parsed = withAnnotations({ [name]: value });
    expect(routesOf(parsed)).toEqual(["a.com/a: closed-restriction"]);
    expect(codes(parsed.problems)).toEqual(["INGRESS_RESTRICTION_UNSUPPORTED"]);
    expect(parsed.problems.map(withPlacePrinted)[0]?.where).toContain(name);
  });

  it.each([
    "traefik.ingress.kubernetes.io/router.entrypoints: web,websecure",
    "traefik.ingress.kubernetes.io/router.tls: true",
    "alb.ingress.kubernetes.io/auth-type: none",
    "alb.ingress.kubernetes.io/inbound-cidrs: 0.0.0.0/0, ::/0",
    "alb.ingress.kubernetes.io/scheme: internet-facing",
    "konghq.com/protocols: http,https",
    "kubernetes.io/ingress.allow-http: true",
    "cert-manager.io/cluster-issuer: letsencrypt",
    "external-dns.alpha.kubernetes.io/hostname: a.com",
    "meta.helm.sh/release-name: shop",
  ])("I3 another controller's %s restricts nothing", (text) => {
    const [name = "", value = ""] = text.split(": ");
    const parsed = withAnnotations({ [name]: value });
    expect(routesOf(parsed)).toEqual(["a.com/a: web"]);
    expect(parsed.problems).toEqual([]);
  });

  it("I3 an unknown controller's annotation that speaks of a restriction is served with a warning", () => {
    const parsed = withAnnotations({ "edge.example.org/basic-auth": "users" });
    expect(routesOf(parsed)).toEqual(["a.com/a: web"]);
    expect(codes(parsed.problems)).toEqual(["ingress_annotation_unknown"]);
  });

  it.each([[["nginx.ingress.kubernetes.io/auth-type: basic"]], ["auth-type: basic"]])(
    "I1 annotations that are not a map close all paths: %j",
    (annotations) => {
      const parsed = withAnnotations(annotations as never);
      expect(routesOf(parsed)).toEqual(["a.com/a: closed-unreadable"]);
    },
  );

  it.each(["auth-type", "whitelist-source-range", "limit-rps", "configuration-snippet"])(
    "I1 %s that is a list closes all paths",
    (name) => {
      expect(routesOf(withAnnotations({ [NGINX + name]: ["x"] } as never))).toEqual(["a.com/a: closed-restriction"]);
    },
  );

  it("I2 says what is missing in a list that lets one family in", () => {
    const { problems } = withAnnotations({ "haproxy.org/whitelist": "0.0.0.0/0" });
    expect(problems[0]?.fix).toContain('"0.0.0.0/0,::/0"');
  });

  it("I3 names the annotation that says the same", () => {
    const fixOf = (name: string, value: string) => withAnnotations({ [name]: value }).problems[0]?.fix;
    expect(fixOf("haproxy.org/whitelist", "10.0.0.0/8")).toContain("hawser.dev/allowlist-source-range");
    expect(fixOf("haproxy.org/auth-type", "basic")).toMatch(/, or write hawser.dev\/auth-type with .* instead$/);
    expect(fixOf(`${NGINX}server-snippet`, "deny all;")).toContain("hawser.dev/allowlist-source-range");
    expect(fixOf("kubernetes.io/ingress.allow-http", "false")).toContain("hawser.dev/force-ssl-redirect");
  });
});

describe("parseIngress() closes further restrictions", () => {
  it.each([
    ["nginx.ingress.kubernetes.io/auth-secret", "none"],
    ["nginx.ingress.kubernetes.io/wallarm-mode", "safe_blocking"],
    ["ingress.pomerium.io/policy", "- allow: {}"],
    ["ingress.pomerium.io/allowed_domains", "a.com"],
    ["k8s.ngrok.com/modules", "oauth"],
  ])("I3 %s: %s", (name, value) => {
    expect(routesOf(withAnnotations({ [name]: value }))).toEqual(["a.com/a: closed-restriction"]);
  });

  it("I3 passes TLS through for Cilium", () => {
    const routes = (value: string) => routesOf(withAnnotations({ "ingress.cilium.io/tls-passthrough": value }));
    expect(routes("enabled")).toEqual(["a.com/a: closed-unsupported"]);
    expect(routes("disabled")).toEqual(["a.com/a: web"]);
  });

  it.each(["hub.example.io/access-control-policy", "example.io/client-certificate", "example.io/mtls"])(
    "I3 warns of %s",
    (name) => expect(codes(withAnnotations({ [name]: "x" }).problems)).toEqual(["ingress_annotation_unknown"]),
  );
});

describe("parseIngress() reads snippets", () => {
  it.each([
    { snippet: 'add_header X-A "b; c";\n\n  return   418;', line: 3, text: "return 418" },
    { snippet: "# fine\nauth_basic 'x';", line: 2, text: "auth_basic 'x'" },
    { snippet: "if ($host = x) { return 403; }", line: 1, text: "if ($host = x)" },
    { snippet: "add_header X it's; satisfy any;", line: 1, text: "satisfy any" },
    { snippet: "gzip on; access_by_lua_block { ngx.exit(403) }", line: 1, text: "access_by_lua_block" },
    {
      snippet: "more_set_input_headers 'X-User: $remote_user';",
      line: 1,
      text: "more_set_input_headers 'X-User: $remote_user'",
    },
    { snippet: "if ($x) {\n  allow 10.0.0.0/8;\n}", line: 1, text: "if ($x)" },
    { snippet: "deny all", line: 1, text: "deny all" },
    { snippet: "proxy_hide_header X_Token;", line: 1, text: "proxy_hide_header X_Token" },
    {
      snippet: "more_set_headers 'Access-Control-Allow-Origin: $http_origin';",
      line: 1,
      text: "more_set_headers 'Access-Control-Allow-Origin: $http_origin'",
    },
    { snippet: "add_header X#Y z;\nlimit_except GET { deny all; }", line: 2, text: "limit_except GET" },
    { snippet: 'add_header A "\\"; deny all; \\""; allow all;', line: 1, text: "allow all" },
  ])("I3 $snippet closes all paths, because of line $line", ({ snippet, line, text }) => {
    for (const [name, isOfHost] of [
      ["configuration-snippet", false],
      ["server-snippet", true],
    ] as const) {
      const parsed = withAnnotations({ [NGINX + name]: snippet });
      expect(routesOf(parsed)).toEqual([...(isOfHost ? [WHOLE_HOST] : []), "a.com/a: closed-restriction"]);
      expect(codes(parsed.problems)).toEqual(["INGRESS_SNIPPET_UNSUPPORTED"]);
      expect(parsed.problems[0]?.why).toContain(`line ${line} of the snippet ("${text.replaceAll('"', '\\"')}")`);
    }
  });

  it.each([
    { snippet: "location /admin {\n  proxy_pass http://x;\n}", line: 2, closes: "the paths below /admin" },
    { snippet: "location = /admin { if ($x) { return 403; } }", line: 1, closes: "the path /admin" },
    { snippet: "rewrite ^/admin /x last;", line: 1, closes: "the paths that match ^/admin" },
  ])("I3 $snippet of hosts closes $closes alone, because of line $line", ({ snippet, line, closes }) => {
    const parsed = withAnnotations({ [`${NGINX}server-snippet`]: snippet });
    expect(routesOf(parsed)).toEqual(["a.com/a: web"]);
    expect(codes(parsed.problems)).toEqual(["INGRESS_SNIPPET_UNSUPPORTED"]);
    expect(parsed.problems[0]?.what).toBe(`Closed ${closes} of the hosts of this Ingress`);
    expect(parsed.problems[0]?.why).toContain(`line ${line} of the snippet`);
  });

  it.each([
    "",
    "# deny all;",
    'more_set_headers "X-Frame-Options: DENY";\nadd_header X-Robots-Tag "deny all; return 403";',
    "proxy_read_timeout 300s;\n# deny all;\ngzip on;",
    'add_header X "a # b"; expires 1d;',
  ])("I3 %j is harmless", (snippet) => {
    expect(routesOf(withAnnotations({ [`${NGINX}configuration-snippet`]: snippet }))).toEqual(["a.com/a: web"]);
  });

  it.each([
    "add_header X a\\\n#; deny all;",
    "add_header X a\\ #; deny all;",
    "add_header X a}#; deny all;",
    "add_header X ${#; deny all;",
    "add_header X a\u00a0#; deny all;",
    "add_header X a\u00a0'; deny all; #'",
    'gzip_types "a")"b; gzip_types " ; deny all; gzip_types "c";',
    "add_header X 'a'# b; deny all;",
    "add_header X 'a')#; deny all;",
    "add_header X 'a; deny all;",
    "\u00a0deny all;",
    "# a\r\ndeny all;",
    'add_header X \\"a; deny all; #";',
  ])("I3 finds what nginx finds in %j", (snippet) => {
    const parsed = withAnnotations({ [`${NGINX}configuration-snippet`]: snippet });
    const denied = valueOf(parsed).settings.configurationSnippet?.sources?.allowed;
    const isClosedForAll = denied !== undefined && denied.ipv4.length + denied.ipv6.length === 0;
    expect(isClosedForAll ? ["a.com/a: closed-restriction"] : routesOf(parsed)).toEqual([
      "a.com/a: closed-restriction",
    ]);
  });

  it.each(["add_header X a\\;b;", "add_header X ${request_id};", "gzip on; # a { b }", "# a\rdeny all;"])(
    "I3 finds nothing where nginx finds nothing: %j",
    (snippet) => expect(routesOf(withAnnotations({ [`${NGINX}server-snippet`]: snippet }))).toEqual(["a.com/a: web"]),
  );

  it("I3 reads a long snippet once", () => {
    const snippet = `add_header X "${"a ".repeat(100_000)}";`.repeat(2);
    expect(routesOf(withAnnotations({ [`${NGINX}server-snippet`]: snippet }))).toEqual(["a.com/a: web"]);
  });
});

describe("parseIngress() closes what would reach something else", () => {
  it.each(["yes", "on", "enabled", "[true]"])("I4 a canary that is none for ingress-nginx: %s", (value) => {
    const restriction = { [`${NGINX}enable-modsecurity`]: "true" };
    expect(routesOf(withAnnotations({ [`${NGINX}canary`]: value }))).toEqual(["a.com/a: closed-unsupported"]);
    const both = withAnnotations({ [`${NGINX}canary`]: value, ...restriction });
    expect(routesOf(both)).toEqual(["a.com/a: closed-restriction"]);
  });

  it.each(["1", "t", "TRUE", " True "])("I4 a canary: %s", (value) => {
    const parsed = withAnnotations({ [`${NGINX}canary`]: value, [`${NGINX}enable-modsecurity`]: "true" });
    expect(valueOf(parsed).settings).toEqual({ canary: true });
    expect(routesOf(parsed)).toEqual(["a.com/a: web"]);
    expect(parsed.problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      "warning INGRESS_ANNOTATION_UNKNOWN",
    ]);
  });

  it.each(["haproxy-ingress.github.io/", "higress.io/", "ingress.appscode.com/"])(
    "I4 rewrite-target and use-regex of %s, which are not read, and serves its redirects",
    (prefix) => {
      for (const [name, value] of [
        ["rewrite-target", "/x"],
        ["use-regex", "true"],
      ] as const)
        expect(routesOf(withAnnotations({ [prefix + name]: value }))).toEqual(["a.com/a: closed-unsupported"]);
      expect(valueOf(withAnnotations({ [`${prefix}force-ssl-redirect`]: "true" })).settings).toEqual({
        forceSslRedirect: true,
      });
      expect(valueOf(withAnnotations({ [`${prefix}ssl-redirect`]: "false" })).settings).toEqual({ sslRedirect: false });
    },
  );

  it("I4 server-alias has the names of a list, however it is divided", () => {
    const added = withAnnotations({ [`${NGINX}server-alias`]: "b.com c.com,\n d.com" });
    const { rules } = valueOf(added);
    expect(rules.slice(1).map(({ host, aliasOf }) => `${host} as ${aliasOf}`)).toEqual([
      "b.com as a.com",
      "c.com as a.com",
      "d.com as a.com",
    ]);
  });

  it("I4 redirect-from closes the host that it adds", () => {
    const added = withAnnotations({ "haproxy-ingress.github.io/redirect-from": "b.com" });
    expect(routesOf(added)).toEqual(["a.com/a: web", "b.com/: closed-unsupported"]);
  });

  it.each([
    ["backend-protocol", "FCGI"],
    ["backend-protocol", "AJP"],
    ["secure-backends", "maybe"],
    ["grpc-backend", "true"],
    ["proxy-ssl-secret", "other/secret"],
    ["proxy-ssl-secret", "a/b/c"],
    ["proxy-ssl-verify", "true"],
    ["proxy-ssl-name", "$host"],
    ["proxy-ssl-name", "a b"],
    ["proxy-ssl-server-name", "yes"],
    ["proxy-ssl-verify-depth", "deep"],
    ["proxy-ssl-ciphers", "A;B"],
    ["proxy-ssl-protocols", "TLSv1 TLSv1.1"],
    ["proxy-ssl-protocols", "QUIC"],
  ])("I4 %s %s", (name, value) => {
    const parsed = withAnnotations({ [NGINX + name]: value });
    expect(routesOf(parsed)).toEqual(["a.com/a: closed-unsupported"]);
    expect(codes(parsed.problems)).toEqual(["INGRESS_ANNOTATION_UNSUPPORTED"]);
  });

  it("I4 app-root that cannot be read closes the root alone", () => {
    const parsed = withAnnotations({ [`${NGINX}app-root`]: "shop" });
    expect(routesOf(parsed)).toEqual(["a.com/: closed-unsupported", "a.com/a: web"]);
    expect(valueOf(parsed).rules[0]?.paths[0]?.pathType).toBe("Exact");
    expect(codes(parsed.problems)).toEqual(["INGRESS_REDIRECT_INVALID"]);
  });

  it("I4 server-alias closes what it names and cannot be served, and serves the rest", () => {
    const parsed = withAnnotations({ [`${NGINX}server-alias`]: "b.com, https://C.com/,~^x(?=y)$" });
    expect(routesOf(parsed)).toEqual(["a.com/a: web", "c.com/: closed-unsupported"]);
    expect(codes(parsed.problems)).toEqual(["INGRESS_HOST_INVALID", "INGRESS_REGEX_INVALID"]);
    expect(valueOf(parsed).rules.filter(({ aliasOf }) => aliasOf !== undefined)).toEqual([
      { host: "b.com", paths: [], isAdded: true, aliasOf: "a.com" },
    ]);
  });

  it("I4 server-alias with names that ingress-nginx does not have closes the hosts that it adds", () => {
    expect(routesOf(withAnnotations({ "haproxy-ingress.github.io/server-alias": "b.com, C.com,~^x$" }))).toEqual([
      "a.com/a: web",
      "b.com/: closed-unsupported",
      "c.com/: closed-unsupported",
    ]);
  });

  it("I4 server-alias has 16 regular expressions at most", () => {
    const many = Array.from({ length: 17 }, (_, index) => `~^h${index}$`).join(",");
    const parsed = withAnnotations({ [`${NGINX}server-alias`]: many });
    expect(valueOf(parsed).rules).toHaveLength(1 + 16);
    expect(codes(parsed.problems)).toEqual(["INGRESS_REGEX_INVALID"]);
  });

  it.each([
    { annotations: { "permanent-redirect": "ftp://b.com" } },
    { annotations: { "temporal-redirect": "//b.com", "permanent-redirect": "https://b.com" } },
  ])("I4 a redirect that cannot be read closes all paths: $annotations", ({ annotations }) => {
    const prefixed = Object.fromEntries(Object.entries(annotations).map(([name, value]) => [NGINX + name, value]));
    const parsed = withAnnotations(prefixed);
    expect(routesOf(parsed)).toEqual(["a.com/a: closed-unsupported"]);
    expect(codes(parsed.problems)).toEqual(["INGRESS_REDIRECT_INVALID"]);
  });

  it("I4 nothing of a restricted Ingress is redirected", () => {
    const redirects = {
      [`${NGINX}permanent-redirect`]: "/x",
      [`${NGINX}app-root`]: "/x",
      [`${NGINX}from-to-www-redirect`]: "true",
    };
    expect(routesOf(withAnnotations({ ...redirects, [`${NGINX}auth-tls-verify-client`]: "on" }))).toEqual([
      "a.com: closed-restriction",
      "a.com/a: closed-restriction",
    ]);
  });

  it("I4 a canary by what Hawser does not serve is nothing", () => {
    const parsed = withAnnotations({ "higress.io/canary": "true" });
    expect(parsed.ok).toBe(false);
    expect(codes(parsed.problems)).toEqual(["INGRESS_CANARY_UNSUPPORTED"]);
  });

  it.each([
    { name: "canary-weight", value: "5", setting: { canaryWeight: 5 } },
    { name: "canary-weight-total", value: "1000", setting: { canaryWeightTotal: 1_000 } },
    { name: "canary-by-header", value: "X-Canary", setting: { canaryByHeader: "x-canary" } },
    { name: "canary-by-header-value", value: " eu ", setting: { canaryByHeaderValue: "eu" } },
    {
      name: "canary-by-header-pattern",
      value: " a|b ",
      setting: { canaryByHeaderPattern: expect.objectContaining({ text: "a|b" }) },
    },
    { name: "canary-by-cookie", value: "Beta", setting: { canaryByCookie: "beta" } },
    { name: "affinity-canary-behavior", value: "legacy", setting: { affinityCanaryBehavior: "legacy" } },
  ])("I4 a canary has $name: $value", ({ name, value, setting }) => {
    const parsed = withAnnotations({ [`${NGINX}canary`]: "true", [NGINX + name]: value });
    expect(valueOf(parsed).settings).toEqual({ canary: true, ...setting });
    expect(parsed.problems).toEqual([]);
    expect(codes(withAnnotations({ [NGINX + name]: value }).problems)).toEqual(["ingress_annotation_unknown"]);
  });

  it.each([
    ["canary-weight", "-1"],
    ["canary-weight", "5%"],
    ["canary-weight-total", "0"],
    ["canary-by-header", "x y"],
    ["canary-by-cookie", "a;b"],
  ])("I4 a canary with %s: %s gets no request by it, and it is an error", (name, value) => {
    const parsed = withAnnotations({ [`${NGINX}canary`]: "true", [NGINX + name]: value });
    expect(valueOf(parsed).settings).toEqual({ canary: true });
    expect(parsed.problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      "error INGRESS_CANARY_INVALID",
    ]);
  });

  it.each([
    { annotations: { [`${NGINX}use-regex`]: "true" }, path: "/a(?=/|$)(.*)" },
    { annotations: { [`${NGINX}rewrite-target`]: "/x" }, path: "/(a)/\\1" },
    { annotations: { "hawser.dev/rewrite-target": "/$1" }, path: "/a(/" },
  ])("I1 $path is a regular expression that cannot be read with $annotations", ({ annotations, path }) => {
    const parsed = withAnnotations(annotations, path);
    expect(routesOf(parsed)).toEqual([`a.com${path}: closed-unsupported`]);
    expect(valueOf(parsed).rules[0]?.paths[0]?.isPattern).toBe(true);
    expect(codes(parsed.problems)).toEqual(["INGRESS_REGEX_INVALID"]);
  });

  it.each([
    { annotations: { [`${NGINX}use-regex`]: "true" }, path: "/a(/|$)(.*)" },
    { annotations: { [`${NGINX}rewrite-target`]: "/x" }, path: "/a/.*" },
    { annotations: { "hawser.dev/rewrite-target": "/$1" }, path: "/(a|b)" },
  ])("$path is a regular expression with $annotations", ({ annotations, path }) => {
    const parsed = withAnnotations(annotations, path);
    expect(routesOf(parsed)).toEqual([`a.com${path}: web`]);
    expect(valueOf(parsed).rules[0]?.paths[0]).toMatchObject({ isPattern: true, pathType: "ImplementationSpecific" });
    expect(parsed.problems).toEqual([]);
  });

  it("I1 hawser.dev/rewrite-target without groups leaves paths what they are", () => {
    expect(routesOf(withAnnotations({ "hawser.dev/rewrite-target": "/x" }, "/a+b"))).toEqual(["a.com/a+b: web"]);
  });
});
