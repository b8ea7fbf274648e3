import { describe, expect, it } from "vitest";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import { parseIngress } from "#src/model/ingress.ts";
import { codes, object, valueOf } from "#test/model/build.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

function withAnnotations(annotations: Readonly<Record<string, string>>, hosts: readonly string[] = ["a.com"]) {
  const keys = Object.entries(annotations).map(([name, value]) => [name.includes("/") ? name : PREFIX + name, value]);
  const metadata = { name: "shop", namespace: "web", annotations: Object.fromEntries(keys) };
  const backend = { service: { name: "web", port: { number: 80 } } };
  const http = { paths: [{ path: "/", pathType: "Prefix", backend }] };
  const spec = { rules: hosts.map((host) => ({ ...(host !== "" && { host }), http })) };
  return parseIngress(object(JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec })));
}

const URL = { "auth-url": "http://auth.test/check" };
const text = (value: string) => ({ kind: "text", text: value });
const variable = (name: string) => ({ kind: "variable", name });

describe("parseIngress() reads auth-url", () => {
  it.each([
    { url: "http://auth.test", scheme: "http", host: "auth.test", port: 80, target: [text("/")] },
    {
      url: "HTTPS://Auth.Test:8443/check?a=1",
      scheme: "https",
      host: "auth.test",
      port: 8443,
      target: [text("/check?a=1")],
    },
    {
      url: "http://auth.auth.svc.cluster.local:4180/oauth2/auth",
      scheme: "http",
      host: "auth.auth.svc.cluster.local",
      port: 4180,
      target: [text("/oauth2/auth")],
    },
    { url: "http://10.96.0.7/", scheme: "http", host: "10.96.0.7", port: 80, target: [text("/")] },
    { url: "http://[fd00::7]:80/x", scheme: "http", host: "fd00::7", port: 80, target: [text("/x")] },
    { url: "https://$host/oauth2/auth", scheme: "https", host: undefined, port: 443, target: [text("/oauth2/auth")] },
    {
      url: "http://auth.test?uri=$escaped_request_uri",
      scheme: "http",
      host: "auth.test",
      port: 80,
      target: [text("/"), text("?uri="), variable("escaped_request_uri")],
    },
    {
      url: "http://auth.test/${request_method}-$http_x_team-$cookie_a-$arg_b",
      scheme: "http",
      host: "auth.test",
      port: 80,
      target: [
        text("/"),
        variable("request_method"),
        text("-"),
        { kind: "field", name: "x-team" },
        text("-"),
        { kind: "cookie", name: "a" },
        text("-"),
        { kind: "argument", name: "b" },
      ],
    },
  ])("$url", ({ url, ...read }) => {
    const parsed = withAnnotations({ "auth-url": url });
    expect(parsed.problems).toEqual([]);
    expect(valueOf(parsed)).toMatchObject({ closed: undefined, isRestricted: true, settings: { authUrl: read } });
  });

  it.each([
    { url: "auth.test/check", why: "not an absolute" },
    { url: "ftp://auth.test/", why: "not an absolute" },
    { url: "http:///check", why: "not an absolute" },
    { url: "http://auth.test/a b", why: "blanks" },
    { url: "http://auth.test/caf\u00e9", why: "blanks" },
    { url: "http://user:password@auth.test/", why: "its host" },
    { url: "http://auth_test/", why: "its host" },
    { url: "http://$http_x_service/", why: "its host" },
    { url: "http://$remote_addr/", why: "its host" },
    { url: "http://auth-$host/", why: "its host" },
    { url: "http://auth.test:0/", why: "its port" },
    { url: "http://auth.test:65536/", why: "its port" },
    { url: "http://127.0.0.1/", why: "reserved (loopback)" },
    { url: "http://[::1]/", why: "reserved (loopback)" },
    { url: "http://[::ffff:127.0.0.1]/", why: "not an address" },
    { url: "http://169.254.169.254/latest/meta-data", why: "reserved (link-local)" },
    { url: "http://0.0.0.0/", why: "reserved" },
    { url: "http://2130706433/", why: "not an address" },
    { url: "http://127.1/", why: "not an address" },
    { url: "http://auth.test/$nginx_version", why: "no variable $nginx_version" },
    { url: "http://auth.test/$", why: "begins no variable" },
    { url: "http://auth.test/;proxy_pass http://evil", why: "blanks" },
  ])("closes the paths with $url", ({ url, why }) => {
    const parsed = withAnnotations({ "auth-url": url });
    expect(valueOf(parsed).closed).toBe("closed-restriction");
    expect(codes(parsed.problems)).toEqual(["INGRESS_RESTRICTION_INVALID"]);
    expect(parsed.problems[0]?.why).toContain(why);
  });

  it.each([[["a.com", ""]], [["*.a.com"]], [[""]]])("lets no client choose the service by its Host: %j", (hosts) => {
    const parsed = withAnnotations({ "auth-url": "https://$host/oauth2/auth" }, hosts);
    expect(valueOf(parsed).closed).toBe("closed-restriction");
    expect(codes(parsed.problems)).toEqual(["INGRESS_RESTRICTION_INVALID"]);
    expect(valueOf(withAnnotations(URL, hosts)).closed).toBeUndefined();
  });

  it.each(["", "off", "none", "false"])("asks none with %j", (url) => {
    const parsed = withAnnotations({ "auth-url": url });
    expect(parsed.problems).toEqual([]);
    expect(valueOf(parsed).closed).toBeUndefined();
  });
});

describe("parseIngress() reads the details of auth-url", () => {
  it.each<{ name: string; value: string; setting: keyof IngressSettings; read: unknown }>([
    { name: "auth-method", value: "POST", setting: "authMethod", read: "POST" },
    { name: "auth-response-headers", value: "X-A, x-b,,X-A", setting: "authResponseHeaders", read: ["x-a", "x-b"] },
    { name: "auth-response-headers", value: "Authorization", setting: "authResponseHeaders", read: ["authorization"] },
    {
      name: "auth-signin",
      value: "https://sso.test/start?a=1",
      setting: "authSignIn",
      read: [text("https://sso.test/start?a=1")],
    },
    { name: "auth-signin-redirect-param", value: "next", setting: "authSignInRedirectParam", read: "next" },
    {
      name: "auth-request-redirect",
      value: "https://$host$request_uri",
      setting: "authRequestRedirect",
      read: [text("https://"), variable("host"), variable("request_uri")],
    },
    { name: "auth-always-set-cookie", value: "true", setting: "authAlwaysSetsCookie", read: true },
    {
      name: "auth-cache-key",
      value: "$remote_user$http_authorization",
      setting: "authCacheKey",
      read: [variable("remote_user"), { kind: "field", name: "authorization" }],
    },
    {
      name: "auth-cache-duration",
      value: "200 202 401 5m",
      setting: "authCacheDuration",
      read: [{ statuses: [200, 202, 401], ms: 300_000 }],
    },
    {
      name: "auth-cache-duration",
      value: "200 1h30m, 401 30s, any 500ms",
      setting: "authCacheDuration",
      read: [
        { statuses: [200], ms: 5_400_000 },
        { statuses: [401], ms: 30_000 },
        { statuses: "any", ms: 500 },
      ],
    },
    {
      name: "auth-cache-duration",
      value: "10",
      setting: "authCacheDuration",
      read: [{ statuses: [200, 301, 302], ms: 10_000 }],
    },
    { name: "satisfy", value: "any", setting: "satisfy", read: "any" },
  ])("$name: $value", ({ name, value, setting, read }) => {
    const parsed = withAnnotations({ ...URL, [name]: value });
    expect(parsed.problems).toEqual([]);
    expect(valueOf(parsed).settings[setting]).toEqual(read);
  });

  it.each([
    { name: "auth-method", value: "get" },
    { name: "auth-method", value: "GET\nproxy_pass x" },
    { name: "auth-response-headers", value: "X User" },
    { name: "auth-response-headers", value: "X-User, Content-Length" },
    { name: "auth-response-headers", value: "transfer_encoding" },
    { name: "auth-response-headers", value: "X-Forwarded-For" },
    { name: "auth-response-headers", value: Array.from({ length: 33 }, (_, index) => `X-${index}`).join(",") },
    { name: "satisfy", value: "some" },
  ])("closes the paths with $name: $value", ({ name, value }) => {
    const parsed = withAnnotations({ ...URL, [name]: value });
    expect(valueOf(parsed).closed).toBe("closed-restriction");
    expect(codes(parsed.problems)).toEqual(["INGRESS_RESTRICTION_INVALID"]);
  });

  it.each([
    { name: "auth-signin", value: "/start" },
    { name: "auth-signin", value: "javascript:alert(1)" },
    { name: "auth-signin", value: "https://sso.test/$unknown" },
    { name: "auth-signin-redirect-param", value: "a&b" },
    { name: "auth-request-redirect", value: "$unknown" },
    { name: "auth-cache-key", value: "$unknown" },
    { name: "auth-cache-duration", value: "forever" },
    { name: "auth-cache-duration", value: "200 any 5m" },
    { name: "auth-cache-duration", value: "999 5m" },
  ])("asks the service without $name: $value", ({ name, value }) => {
    const parsed = withAnnotations({ ...URL, [name]: value });
    expect(valueOf(parsed)).toMatchObject({ closed: undefined, settings: { authUrl: { host: "auth.test" } } });
    expect(codes(parsed.problems)).toEqual(["ingress_setting_invalid"]);
  });

  it.each(["auth-response-headers", "auth-method", "auth-proxy-set-headers"])(
    "closes the paths with %s that cannot be served, also where auth-url has another prefix",
    (name) => {
      const parsed = withAnnotations({ "hawser.dev/auth-url": "http://auth.test/check", [name]: "X User" });
      expect(valueOf(parsed).closed).toBe("closed-restriction");
    },
  );

  it("keeps no answers where it cannot be read for how long", () => {
    const parsed = withAnnotations({ ...URL, "auth-cache-key": "$cookie_a", "auth-cache-duration": "200 10sec" });
    expect(valueOf(parsed).settings.authCacheDuration).toEqual([]);
    expect(codes(parsed.problems)).toEqual(["ingress_setting_invalid"]);
  });

  it("closes the paths where the service needs header fields that the Ingress may not name", () => {
    const named = withAnnotations({ ...URL, "auth-proxy-set-headers": "web/headers" });
    expect(valueOf(named)).toMatchObject({ closed: undefined, settings: { authSetHeaders: "web/headers" } });
    const parsed = withAnnotations({ ...URL, "auth-proxy-set-headers": "other/headers" });
    expect(valueOf(parsed).closed).toBe("closed-restriction");
    expect(codes(parsed.problems)).toEqual(["INGRESS_RESTRICTION_INVALID"]);
  });
});
