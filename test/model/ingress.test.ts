import { describe, expect, it } from "vitest";
import { httpsRedirectOf } from "#src/model/annotations/https-redirect.ts";
import { isBackend, isClosed } from "#src/model/ingress-path.ts";
import { type Ingress, parseIngress, parseIngressClass } from "#src/model/ingress.ts";
import { codes, object, valueOf } from "./build.ts";

const backend = { service: { name: "web", port: { number: 80 } } };

function ingress(spec: unknown, { annotations = {}, apiVersion = "networking.k8s.io/v1" } = {}) {
  return object(JSON.stringify({ apiVersion, kind: "Ingress", metadata: { name: "shop", annotations }, spec }));
}

/** An Ingress of one rule and one path. */
function withPath(path: unknown, host: unknown = "shop.example.com") {
  return ingress({ rules: [{ host, http: { paths: [path] } }] });
}

/** Each path of a rule with the Service it leads to, or why it is closed. */
const pathOfRule = ({ paths }: Ingress["rules"][number]) =>
  paths
    .map(({ path, target }) => `${path} ${isClosed(target) ? target.closed : isBackend(target) && target.serviceName}`)
    .join(", ");

const pathOf = ({ rules }: Ingress) => rules[0]?.paths[0];

describe("parseIngress() reads the host", () => {
  it.each([
    { host: "shop.example.com", is: "shop.example.com" },
    { host: "SHOP.Example.COM", is: "shop.example.com" },
    { host: "*.example.com", is: "*.example.com" },
    { host: "xn--caf-dma.example", is: "xn--caf-dma.example" },
    { host: "localhost", is: "localhost" },
    { host: "", is: "" },
    { host: null, is: "" },
    { host: undefined, is: "" },
  ])("$host as $is", ({ host, is }) => {
    const parsed = parseIngress(withPath({ path: "/", pathType: "Prefix", backend }, host ?? null));
    expect(valueOf(parsed).rules.map((rule) => rule.host)).toEqual([is]);
    expect(parsed.problems).toEqual([]);
  });

  it.each([
    { host: "192.0.2.1", fix: "Leave the host out" },
    { host: "[2001:db8::1]", fix: "Leave the host out" },
    { host: "*", fix: "Leave the host out", meant: "" },
    { host: "shop.example.com:8080", fix: "Write shop.example.com", meant: "shop.example.com" },
    { host: "https://shop.example.com/x", fix: "Write shop.example.com", meant: "shop.example.com" },
    { host: "shop.example.com.", fix: "Write shop.example.com", meant: "shop.example.com" },
    { host: " shop.example.com\n", fix: "Write shop.example.com", meant: "shop.example.com" },
    { host: "shop.example.com..", fix: "Write shop.example.com", meant: "shop.example.com" },
    { host: "http://shop.example.com?x", fix: "Write shop.example.com", meant: "shop.example.com" },
    { host: "*.example.com:443", fix: "Write *.example.com", meant: "*.example.com" },
    { host: "*.example.com.", fix: "Write *.example.com", meant: "*.example.com" },
    { host: "Café.example", fix: "Write xn--caf-dma.example", meant: "xn--caf-dma.example" },
    { host: " * ", fix: "", meant: "" },
    { host: "*.*.example.com", fix: "Write a name" },
    { host: "a.*.example.com", fix: "Write a name" },
    { host: "*example.com", fix: "Write a name" },
    { host: "sh_op.example.com", fix: "Write a name" },
    { host: "-a.example.com", fix: "Write a name" },
    { host: "a..example.com", fix: "Write a name" },
    { host: "*.", fix: "Write a name" },
    { host: "a".repeat(254), fix: "Write a name" },
  ])("I1 and closes the rule of $host, for the host that it means", ({ host, fix, meant = host }) => {
    const parsed = parseIngress(withPath({ path: "/", pathType: "Prefix", backend }, host));
    expect(valueOf(parsed).rules.map((rule) => [rule.host, pathOfRule(rule)])).toEqual([
      [meant, "/ closed-unreadable"],
    ]);
    expect(codes(parsed.problems)).toEqual(["INGRESS_HOST_INVALID"]);
    expect(parsed.problems[0]?.fix).toContain(fix);
  });

  it("I1 and leaves out a rule whose host is not a text", () => {
    const parsed = parseIngress(withPath({ path: "/", pathType: "Prefix", backend }, 5));
    expect(valueOf(parsed).rules).toEqual([]);
    expect(codes(parsed.problems)).toEqual(["FIELD_WRONG_TYPE"]);
  });
});

describe("parseIngress() reads the path", () => {
  it.each([
    { pathType: "Prefix", path: "/", is: "/" },
    { pathType: "Exact", path: "/foo/", is: "/foo/" },
    { pathType: "Prefix", path: "/a%20b/...", is: "/a%20b/..." },
    { pathType: "Prefix", path: "/.well-known", is: "/.well-known" },
    { pathType: "ImplementationSpecific", path: "", is: "/" },
    { pathType: "ImplementationSpecific", path: undefined, is: "/" },
    { pathType: "ImplementationSpecific", path: "/a//b", is: "/a//b" },
  ])("$pathType $path as $is", ({ pathType, path, is }) => {
    const parsed = parseIngress(withPath({ path, pathType, backend }));
    expect(pathOf(valueOf(parsed))).toEqual({
      path: is,
      pathType,
      target: { serviceName: "web", servicePort: 80 },
      at: "spec.rules[0].http.paths[0]",
    });
    expect(parsed.problems).toEqual([]);
  });

  it.each([
    { pathType: "Prefix", path: "foo", code: "INGRESS_PATH_INVALID", closes: "/foo" },
    { pathType: "Prefix", path: undefined, code: "INGRESS_PATH_INVALID", closes: "/" },
    { pathType: "Exact", path: "", code: "INGRESS_PATH_INVALID", closes: "/" },
    { pathType: "Exact", path: "/a//b", code: "INGRESS_PATH_INVALID" },
    { pathType: "Prefix", path: "/a/./b", code: "INGRESS_PATH_INVALID" },
    { pathType: "Prefix", path: "/a/../b", code: "INGRESS_PATH_INVALID" },
    { pathType: "Prefix", path: "/a/..", code: "INGRESS_PATH_INVALID" },
    { pathType: "Prefix", path: "/a/.", code: "INGRESS_PATH_INVALID" },
    { pathType: "Exact", path: "/a%2Fb", code: "INGRESS_PATH_INVALID" },
    { pathType: "Exact", path: "/a%2fb", code: "INGRESS_PATH_INVALID" },
    { pathType: "ImplementationSpecific", path: "x", code: "INGRESS_PATH_INVALID", closes: "/x" },
    { pathType: "prefix", path: "/a", code: "FIELD_INVALID" },
    { pathType: undefined, path: "/a", code: "FIELD_MISSING" },
  ])("I1 and closes $pathType $path", ({ pathType, path, code, closes = path }) => {
    const parsed = parseIngress(withPath({ path, pathType, backend }));
    expect(valueOf(parsed).rules.map(pathOfRule)).toEqual([`${closes} closed-unreadable`]);
    expect(codes(parsed.problems)).toEqual([code]);
  });

  it.each([5, ["/a"], { a: 1 }])("I1 and leaves out the path %j, whose text nobody knows", (path) => {
    const parsed = parseIngress(withPath({ path, pathType: "Prefix", backend }));
    expect(valueOf(parsed).rules).toEqual([
      { host: "shop.example.com", paths: [], unread: "spec.rules[0].http.paths[0]" },
    ]);
    expect(codes(parsed.problems)).toEqual(["FIELD_WRONG_TYPE"]);
  });

  it("I1 and closes the whole host where a restricted Ingress has such a path", () => {
    const rules = [{ host: "shop.example.com", http: { paths: [{ path: 5, pathType: "Prefix", backend }] } }];
    const annotations = { "nginx.ingress.kubernetes.io/auth-url": "http://auth" };
    const [path] = valueOf(parseIngress(ingress({ rules }, { annotations }))).rules[0]!.paths;
    expect(path).toMatchObject({ path: "", isPattern: true, target: { closed: "closed-restriction" } });
  });

  it.each(["/*", "/api/*"])("I15 warns that %s is no wildcard", (path) => {
    const parsed = parseIngress(withPath({ path, pathType: "Prefix", backend }));
    expect(pathOf(valueOf(parsed))).toMatchObject({ path, target: { serviceName: "web" } });
    expect(codes(parsed.problems)).toEqual(["ingress_path_wildcard"]);
  });
});

describe("parseIngress() reads the backend", () => {
  it.each([
    { backend: { service: { name: "web", port: { name: "http" } } }, port: "http", warnings: [] },
    { backend: { service: { name: "web", port: { number: 80, name: "" } } }, port: 80, warnings: [] },
    { backend: { serviceName: "web", servicePort: "80" }, port: 80, warnings: ["ingress_backend_form"] },
    { backend: { serviceName: "web", servicePort: "http" }, port: "http", warnings: ["ingress_backend_form"] },
  ])("$backend", ({ backend: written, port, warnings }) => {
    const parsed = parseIngress(withPath({ path: "/", pathType: "Prefix", backend: written }));
    expect(pathOf(valueOf(parsed))?.target).toEqual({ serviceName: "web", servicePort: port });
    expect(codes(parsed.problems)).toEqual(warnings);
  });

  it.each([
    { backend: undefined, code: "FIELD_MISSING" },
    { backend: "web:80", code: "FIELD_WRONG_TYPE" },
    { backend: {}, code: "FIELD_MISSING" },
    { backend: { service: { name: "web" } }, code: "FIELD_MISSING" },
    { backend: { service: { name: "web", port: 80 } }, code: "FIELD_WRONG_TYPE" },
    { backend: { service: { name: "web", port: {} } }, code: "FIELD_INVALID" },
    { backend: { service: { name: "web", port: { number: 80, name: "http" } } }, code: "FIELD_INVALID" },
    { backend: { service: { name: "web", port: { number: 0 } } }, code: "FIELD_INVALID" },
    { backend: { service: { port: { number: 80 } } }, code: "FIELD_MISSING" },
    { backend: { service: { name: "other/web", port: { number: 80 } } }, code: "FIELD_INVALID" },
    { backend: { service: { name: "web" }, serviceName: "web" }, code: "FIELD_INVALID" },
    { backend: { resource: { kind: "Bucket", name: "b" } }, code: "INGRESS_RESOURCE_BACKEND" },
  ])("I-B15 I1 and closes the path of $backend, not its neighbour", ({ backend: written, code }) => {
    const paths = [
      { path: "/broken", pathType: "Prefix", backend: written },
      { path: "/", pathType: "Prefix", backend },
    ];
    const parsed = parseIngress(ingress({ rules: [{ http: { paths } }] }));
    const closed = code === "INGRESS_RESOURCE_BACKEND" ? "closed-unsupported" : "closed-unreadable";
    expect(valueOf(parsed).rules.map(pathOfRule)).toEqual([`/broken ${closed}, / web`]);
    expect(codes(parsed.problems)).toEqual([code]);
  });
});

describe("parseIngress() reads ssl-redirect and force-ssl-redirect", () => {
  const NGINX = "nginx.ingress.kubernetes.io/";
  it.each([
    { annotations: {}, redirect: "by-default" },
    { annotations: { [`${NGINX}ssl-redirect`]: "true" }, redirect: "with-tls" },
    { annotations: { [`${NGINX}ssl-redirect`]: "false" }, redirect: "never" },
    { annotations: { "ingress.kubernetes.io/ssl-redirect": "False" }, redirect: "never" },
    { annotations: { [`${NGINX}force-ssl-redirect`]: "true" }, redirect: "always" },
    { annotations: { [`${NGINX}force-ssl-redirect`]: "false" }, redirect: "by-default" },
    { annotations: { [`${NGINX}force-ssl-redirect`]: "true", [`${NGINX}ssl-redirect`]: "false" }, redirect: "always" },
    { annotations: { "hawser.dev/ssl-redirect": "false", [`${NGINX}ssl-redirect`]: "true" }, redirect: "never" },
    { annotations: { "hawser.dev/ssl-redirect": "no" }, redirect: "with-tls", code: "ingress_switch_invalid" },
    { annotations: { "hawser.dev/force-ssl-redirect": "1" }, redirect: "always", code: "ingress_switch_invalid" },
  ])("$annotations: $redirect", ({ annotations, redirect, code }) => {
    const parsed = parseIngress(ingress({ defaultBackend: backend }, { annotations }));
    expect(httpsRedirectOf(valueOf(parsed).settings)).toBe(redirect);
    expect(codes(parsed.problems)).toEqual(code === undefined ? [] : [code]);
  });
});

describe("parseIngress() reads rewrite-target", () => {
  it.each([
    { name: "ingress.kubernetes.io/rewrite-target", value: "/", kind: "replacePrefix" },
    { name: "nginx.ingress.kubernetes.io/rewrite-target", value: "/new", kind: "replacePath" },
    { name: "nginx.ingress.kubernetes.io/rewrite-target", value: "/$1/x$2", kind: "replacePath" },
    { name: "nginx.ingress.kubernetes.io/rewrite-target", value: "$1", kind: "replacePath" },
    { name: "hawser.dev/rewrite-target", value: " /new ", kind: "replacePath" },
  ])("$name as $kind", ({ name, value, kind }) => {
    const parsed = parseIngress(ingress({ defaultBackend: backend }, { annotations: { [name]: value } }));
    expect(valueOf(parsed).settings.rewrite).toEqual({ kind, target: value.trim() });
  });

  it.each([
    { value: "/$0", code: "INGRESS_REWRITE_INVALID" },
    { value: "/$arg_x", code: "INGRESS_REWRITE_INVALID" },
    { value: "/${1}", code: "INGRESS_REWRITE_INVALID" },
    { value: "x$1", code: "INGRESS_REWRITE_INVALID" },
    { value: "new", code: "INGRESS_REWRITE_INVALID" },
    { value: "/a b", code: "INGRESS_REWRITE_INVALID" },
    { value: "/a\r\nSet-Cookie: x", code: "INGRESS_REWRITE_INVALID" },
    { value: "/a?b", code: "INGRESS_REWRITE_INVALID" },
  ])("I1 and closes an Ingress with the target $value", ({ value, code }) => {
    const annotations = { "nginx.ingress.kubernetes.io/rewrite-target": value };
    const parsed = parseIngress(ingress({ defaultBackend: backend }, { annotations }));
    expect(valueOf(parsed)).toMatchObject({
      closed: "closed-unsupported",
      defaultBackend: { closed: "closed-unsupported" },
    });
    expect(codes(parsed.problems)).toEqual([code]);
  });
});

describe("parseIngress() reads the old versions", () => {
  it.each(["networking.k8s.io/v1beta1", "extensions/v1beta1"])("%s", (apiVersion) => {
    const old = { serviceName: "web", servicePort: 80 };
    const spec = { backend: old, rules: [{ http: { paths: [{ path: "/web", backend: old }] } }] };
    const parsed = parseIngress(ingress(spec, { apiVersion }));
    expect(valueOf(parsed)).toMatchObject({ defaultBackend: old });
    expect(pathOf(valueOf(parsed))).toMatchObject({ path: "/web", pathType: "ImplementationSpecific", target: old });
    expect(parsed.problems).toEqual([]);
  });
});

it("I1 closes a default backend that cannot be served", () => {
  const parsed = parseIngress(ingress({ defaultBackend: { resource: { kind: "Bucket", name: "b" } } }));
  expect(valueOf(parsed).defaultBackend).toEqual({ closed: "closed-unreadable" });
  expect(codes(parsed.problems)).toEqual(["INGRESS_RESOURCE_BACKEND"]);
});

describe("parseIngress() refuses", () => {
  it.each([
    { name: "no spec", spec: null, code: "FIELD_MISSING" },
    { name: "an empty spec", spec: {}, code: "INGRESS_EMPTY" },
    { name: "a text as spec", spec: "rules", code: "FIELD_WRONG_TYPE" },
  ])("$name", ({ spec, code }) => {
    const parsed = parseIngress(ingress(spec));
    expect(parsed.ok).toBe(false);
    expect(codes(parsed.problems)).toEqual([code]);
  });
});

it("I-C4 I-C5 reads the class from the field, else from the annotation", () => {
  const annotations = { "kubernetes.io/ingress.class": "old" };
  const classOf = (spec: object, given: object) =>
    valueOf(parseIngress(ingress({ defaultBackend: backend, ...spec }, { annotations: given }))).className;
  expect(classOf({}, {})).toBeUndefined();
  expect(classOf({}, annotations)).toBe("old");
  expect(classOf({ ingressClassName: "new" }, annotations)).toBe("new");
});

it("I1 keeps the hosts of a TLS entry whose Secret cannot be used, and no entry whose hosts cannot be read", () => {
  const tls = [
    { hosts: ["c.example.com"], secretName: "other/tls" },
    { hosts: ["a.example.com", "b:c"], secretName: "tls" },
    { hosts: ["b:c"], secretName: "tls" },
  ];
  const parsed = parseIngress(ingress({ defaultBackend: backend, tls }));
  expect(valueOf(parsed).tls).toEqual([
    { hosts: ["c.example.com"], secretName: undefined },
    { hosts: ["a.example.com"], secretName: "tls" },
  ]);
  expect(codes(parsed.problems)).toEqual(["FIELD_INVALID", "INGRESS_HOST_INVALID", "INGRESS_HOST_INVALID"]);
});

it("I-C9 reads an IngressClass with parameters, which nothing asks for", () => {
  const parameters = "parameters: {apiGroup: x.test, kind: Settings, name: all, scope: Cluster}";
  const text = `{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: a}, spec: {controller: c/d, ${parameters}}}`;
  expect(parseIngressClass(object(text))).toMatchObject({ ok: true, problems: [], value: { controller: "c/d" } });
});

it("reads an IngressClass", () => {
  const text = "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: a}, spec: {controller: c/d}}";
  expect(valueOf(parseIngressClass(object(text)))).toEqual({
    name: "a",
    createdMs: 0,
    controller: "c/d",
    isDefault: false,
  });
  expect(codes(parseIngressClass(object(text.replace("controller", "x"))).problems)).toEqual(["FIELD_MISSING"]);
});
