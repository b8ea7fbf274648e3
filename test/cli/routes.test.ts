import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { printCertificates } from "#cli/print-certificates.ts";
import { printRoutes } from "#cli/print-routes.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { seeRoutes } from "#src/view/see-routes.ts";
import { type CertificateView } from "#src/view/view-certificate.ts";
import { viewCertificates } from "#src/view/view-certificates.ts";
import { type RouteView, viewRoutes } from "#src/view/view-routes.ts";
import { routesInputOf } from "#test/support/routes-input-of.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { callCli } from "./run-cli.ts";

const DAY_MS = 86_400_000;

interface Path {
  readonly path: string;
  readonly service?: string;
  readonly type?: string;
}

/** An Ingress of namespace shop. */
function ingress(
  name: string,
  host: string,
  paths: readonly Path[],
  more: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly tls?: readonly object[];
    readonly className?: string;
  } = {},
): string {
  const http = {
    paths: paths.map(({ path, service = "web", type = "Prefix" }) => ({
      path,
      pathType: type,
      backend: { service: { name: service, port: { number: 80 } } },
    })),
  };
  const { tls, className } = more;
  const rules = [{ ...(host !== "" && { host }), http }];
  const spec = { rules, ...(tls && { tls }), ...(className && { ingressClassName: className }) };
  const annotations = Object.fromEntries(
    Object.entries(more.annotations ?? {}).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
  );
  const metadata = { name, namespace: "shop", annotations };
  return JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec });
}

const WEB = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: a }, ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ name: "", protocol: TCP, port: 8080 }]
endpoints: [{ addresses: [10.0.0.1] }, { addresses: [10.0.0.2], conditions: { ready: false } }]
`;

function secret(name: string, names: readonly string[], { from = -50, days = 40 } = {}): string {
  const [fromMs, toMs] = [Date.now() + from * DAY_MS, Date.now() + (days + 0.5) * DAY_MS];
  const issued = issueCertificate({ commonName: names[0] ?? "x", keyType: "ec", names, fromMs, toMs });
  const data = { "tls.crt": issued.certificatePem, "tls.key": issued.privateKeyPem };
  return JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "shop" }, stringData: data });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-routes-"));
});
afterEach(async () => rm(folder, { recursive: true }));

async function call(verb: string, documents: readonly string[], ...args: readonly string[]) {
  await writeFile(join(folder, "all.yaml"), documents.join("\n---\n"));
  return callCli([verb, "--manifests", folder, ...args]);
}

async function routesOf(documents: readonly string[], ...args: readonly string[]): Promise<readonly RouteView[]> {
  const { stdout } = await call("routes", documents, "-o", "json", ...args);
  return (JSON.parse(stdout) as { readonly routes: readonly RouteView[] }).routes;
}

/** A rule that is closed by a Secret asks no Service. */
const CLOSED_BY_SECRET = {
  closed: "closed-secret",
  service: null,
  endpoints: null,
  why: expect.stringMatching(/does not exist/),
};

describe("F hawser routes", () => {
  const web = ingress("web", "shop.example", [{ path: "/" }, { path: "/gone", service: "gone" }]);

  it.each([
    { name: "forwards", documents: [web, WEB], first: { service: "shop/web:80", endpoints: 1, closed: null, why: "" } },
    {
      name: "leads to a name",
      documents: [
        web,
        `{ apiVersion: v1, kind: Service, metadata: { name: web, namespace: shop }, spec: { type: ExternalName, externalName: a.example.net } }`,
      ],
      first: { service: "shop/web:80", endpoints: null, externalName: "a.example.net" },
    },
    { name: "has no Service", documents: [web], first: { service: "shop/web:80", endpoints: null } },
    {
      name: "redirects",
      documents: [
        ingress("r", "a.example", [{ path: "/" }], { annotations: { "permanent-redirect": "https://b.example" } }),
      ],
      first: { redirect: "301 https://b.example", service: null, endpoints: null },
    },
    {
      name: "is closed by a restriction that Hawser does not have",
      documents: [ingress("c", "a.example", [{ path: "/" }], { annotations: { "enable-modsecurity": "true" } }), WEB],
      first: { closed: "closed-restriction", service: null, why: expect.stringMatching(/^Closed .*\. .+\.$/) },
    },
    {
      name: "is closed because the Secret with passwords is missing",
      documents: [
        ingress("p", "a.example", [{ path: "/" }], { annotations: { "auth-type": "basic", "auth-secret": "users" } }),
        WEB,
      ],
      first: CLOSED_BY_SECRET,
    },
    {
      name: "is closed because the Secret with authorities for client certificates is missing",
      documents: [ingress("t", "a.example", [{ path: "/" }], { annotations: { "auth-tls-secret": "shop/ca" } }), WEB],
      first: CLOSED_BY_SECRET,
    },
    {
      name: "is closed because the Secret for TLS to its endpoints is missing",
      documents: [
        ingress("t", "a.example", [{ path: "/" }], {
          annotations: { "backend-protocol": "HTTPS", "proxy-ssl-secret": "shop/client" },
        }),
        WEB,
      ],
      first: CLOSED_BY_SECRET,
    },
    {
      name: "has a canary",
      documents: [
        web,
        ingress("can", "shop.example", [{ path: "/", service: "next" }], {
          annotations: { canary: "true", "canary-weight": "20" },
        }),
        WEB,
      ],
      first: { service: "shop/web:80", canary: "shop/next:80" },
    },
  ])("shows a rule that $name", async ({ documents, first }) => {
    expect((await routesOf(documents)).find(({ path }) => path === "/")).toMatchObject(first);
  });

  it.each([
    { annotation: { "proxy-body-size": "8m" }, says: ["body at most 8388608 bytes"] },
    { annotation: { "proxy-body-size": "0" }, says: ["body any size"] },
    { annotation: { "ssl-redirect": "true", "force-ssl-redirect": "true" }, says: ["https-redirect 308"] },
    { annotation: { "limit-rps": "10" }, says: ["limit-rps 10/s, 51 at once"] },
    { annotation: { "limit-connections": "3" }, says: ["limit-connections 3"] },
    {
      annotation: { "allowlist-source-range": "10.0.0.0/8,192.0.2.1", "denylist-source-range": "10.1.0.0/16" },
      says: ["denied 10.1.0.0/16", "allowed 10.0.0.0/8, 192.0.2.1/32"],
    },
    { annotation: { "auth-url": "http://auth.shop.svc/ask" }, says: ["auth-url http://auth.shop.svc:80"] },
    { annotation: { "rewrite-target": "/app" }, says: ["rewrite /app"] },
    { annotation: { "upstream-vhost": "inner.example" }, says: ["request-field Host: inner.example"] },
    { annotation: { "proxy-read-timeout": "600" }, says: ["read-timeout 600 s"] },
    { annotation: { affinity: "cookie" }, says: ["affinity cookie INGRESSCOOKIE, balanced"] },
    { annotation: { "upstream-hash-by": "$http_x_user/$args" }, says: ["hash-by $http_x_user/$args"] },
    { annotation: { "load-balance": "ewma" }, says: ["load-balance ewma"] },
    { annotation: { "enable-cors": "true" }, says: ["cors any origin"] },
    {
      annotation: { "enable-cors": "true", "cors-allow-origin": "https://a.example, https://*.b.example" },
      says: ["cors https://a.example, https://*.b.example"],
    },
    {
      annotation: {
        "proxy-cookie-path": "/a /b",
        "proxy-redirect-from": "http://in/",
        "proxy-redirect-to": "https://out/",
      },
      says: ["cookie-path /a to /b", "redirect http://in/ to https://out/"],
    },
    { annotation: { "limit-rate": "8", "limit-rate-after": "1" }, says: ["limit-rate 8192 bytes/s after 1024 bytes"] },
    { annotation: { "custom-http-errors": "404,503" }, says: ["custom-http-errors 404, 503"] },
    { annotation: { "backend-protocol": "HTTPS" }, says: ["backend-protocol https"] },
    { annotation: { "default-backend": "other" }, says: ["default-backend shop/other"] },
  ])("says which settings apply: $annotation", async ({ annotation, says }) => {
    const routes = await routesOf([ingress("i", "a.example", [{ path: "/b" }], { annotations: annotation }), WEB]);
    const { settings } = routes.find(({ closed }) => closed === null) ?? expect.fail("every rule is closed");
    expect(settings.map(({ setting, value }) => `${setting} ${value}`)).toEqual(says);
  });

  const wild = ingress("wild", "*.example", [{ path: "/" }]);
  const all = ingress("all", "", [{ path: "/" }]);
  it.each([
    { host: "shop.example", is: "shop.example" },
    { host: "SHOP.example", is: "shop.example" },
    { host: "other.example", is: "*.example" },
    { host: "a.b.example", is: "*" },
    { host: "*.example", is: "*.example" },
  ])("--host $host: shows the rules of $is, which have its requests", async ({ host, is }) => {
    const routes = await routesOf([web, wild, all, WEB], "--host", host);
    expect(new Set(routes.map((route) => route.host))).toEqual(new Set([is]));
  });

  it("shows the further names of a host, and finds its rules by them", async () => {
    const annotations = { "server-alias": "www.shop.example,~^shop[0-9]\\.example$" };
    const documents = [
      ingress("web", "shop.example", [{ path: "/" }], { annotations }),
      wild.replace("*.example", "*.other"),
      WEB,
    ];
    for (const host of ["shop.example", "www.shop.example", "shop7.example"]) {
      const routes = await routesOf(documents, "--host", host);
      expect(routes.map((route) => [route.host, route.aliases])).toEqual([
        ["shop.example", ["www.shop.example", expect.stringMatching(/^~/)]],
      ]);
    }
  });

  it("shows the rule of --default-backend-service", async () => {
    const routes = await routesOf([web, WEB], "--default-backend-service", "shop/web");
    expect(routes.at(-1)).toMatchObject({
      host: "*",
      pathType: "default",
      ingress: "",
      service: "shop/web:",
      endpoints: 1,
    });
  });

  it("--host: shows nothing where no rule has its requests", async () => {
    expect((await call("routes", [web], "--host", "other.example")).stdout).toBe("No rule has requests.\n");
  });

  it("prints a table, what closes a path, and Problems with file and line", async () => {
    const closed = ingress("locked", "z.example", [{ path: "/" }], { annotations: { "enable-modsecurity": "true" } });
    const secret = ingress("secret", "y.example", [{ path: "/" }], {
      annotations: { "auth-type": "basic", "auth-secret": "users" },
    });
    const { stdout, code } = await call("routes", [web, closed, secret, WEB]);
    const lines = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(lines[0]).toEqual(["HOST", "PATH", "TYPE", "INGRESS", "SERVICE", "READY", "CERTIFICATE", "SETTINGS"]);
    expect(lines).toContainEqual(["shop.example", "/", "Prefix", "shop/web", "shop/web:80", "1", "-", "-"]);
    expect(lines).toContainEqual([
      "shop.example",
      "/gone",
      "Prefix",
      "shop/web",
      "shop/gone:80",
      "no Service",
      "-",
      "-",
    ]);
    expect(lines).toContainEqual([
      "y.example",
      "/",
      "Prefix",
      "shop/secret",
      "closed (closed-secret)",
      "-",
      "-",
      "auth-secret shop/users",
    ]);
    expect(stdout).toMatch(/^z\.example\/ {2}Closed /m);
    expect(stdout).toMatch(/all\.yaml:\d+ {2}Ingress "shop\/locked"/);
    expect(code).toBe(0);
  });

  it("serves the class that the options name, as the ingress does", async () => {
    const classed = ingress("web", "shop.example", [{ path: "/" }, { path: "/b" }], { className: "edge" });
    expect(await routesOf([classed, WEB])).toEqual([]);
    expect(await routesOf([classed, WEB], "--ingress-class", "edge")).toHaveLength(2);
  });

  it("serves the namespace that --watch-namespace names, as the ingress does", async () => {
    expect(await routesOf([web, WEB], "--watch-namespace", "shop")).toHaveLength(2);
    expect(await routesOf([web, WEB], "--watch-namespace", "other")).toEqual([]);
  });

  it("B reads what --nginx-config-map says of all Ingresses, as the ingress does", async () => {
    const data = { "proxy-body-size": "3k", "global-auth-url": "http://auth.test:4180/check", nonsense: "x" };
    const metadata = { name: "nginx", namespace: "shop" };
    const config = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
    const own = ingress("own", "b.test", [{ path: "/" }], { annotations: { "enable-global-auth": "false" } });
    const routes = await routesOf([web, own, WEB, config], "--nginx-config-map", "shop/nginx");
    const settingsOf = (name: string) => routes.find(({ host }) => host === name)?.settings.map(({ value }) => value);
    expect(settingsOf("shop.example")).toEqual(["at most 3072 bytes", "http://auth.test:4180"]);
    expect(settingsOf("b.test")).toEqual(["at most 3072 bytes"]);
    const closed = await routesOf([web, WEB], "--nginx-config-map", "shop/nginx");
    expect(closed.map((one) => one.closed)).toEqual(["closed-unreadable", "closed-unreadable"]);
  });

  it("I-C12 serves the namespaces that --watch-namespace-selector selects, as the ingress does", async () => {
    const namespace = `{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { team: web } } }`;
    expect(await routesOf([web, WEB, namespace], "--watch-namespace-selector", "team in (web,db)")).toHaveLength(2);
    expect(await routesOf([web, WEB, namespace], "--watch-namespace-selector", "!team")).toEqual([]);
    expect(await routesOf([web, WEB], "--watch-namespace-selector", "team")).toEqual([]);
  });

  it("does not know the routes where Ingresses may not be read", () => {
    const seen = seeRoutes({ ...routesInputOf([]), ingresses: undefined });
    expect(viewRoutes(seen).routes).toBeUndefined();
    expect(printRoutes(viewRoutes(seen))).toMatch(/^The routes cannot be known/);
    expect(printCertificates(viewCertificates(seen))).toMatch(/^The certificates cannot be known/);
  });

  it("exits with 1 where the folder does not exist, and with 2 for wrong options", async () => {
    for (const verb of ["routes", "certs"]) {
      expect((await callCli([verb, "--manifests", "/nowhere"])).code).toBe(1);
      expect((await callCli([verb, "--manifests", folder, "--all"])).code).toBe(2);
      expect((await callCli([verb, "--manifests", folder, "--default-ssl-certificate", "a/b/c"])).code).toBe(2);
    }
  });
});

describe("F hawser certs", () => {
  const host = "shop.example";
  const withTls = (tls: readonly object[]) => ingress("web", host, [{ path: "/" }], { tls });
  const named = withTls([{ hosts: [host], secretName: "web-tls" }]);

  interface Case {
    readonly name: string;
    readonly documents: readonly string[];
    readonly args?: readonly string[];
    readonly row: Partial<CertificateView>;
    readonly reasons: readonly string[];
  }

  it.each<Case>([
    {
      name: "is for the host",
      documents: [named, secret("web-tls", [host])],
      row: {
        secret: "shop/web-tls",
        isDefault: false,
        subject: `CN=${host}`,
        names: [host],
        issuer: `CN=${host}`,
        days: 40,
        verdict: "ok",
      },
      reasons: [],
    },
    {
      name: "is for its wildcard",
      documents: [named, secret("web-tls", ["*.example"])],
      row: { verdict: "ok", names: ["*.example"] },
      reasons: [],
    },
    {
      name: "ends soon",
      documents: [named, secret("web-tls", [host], { days: 5 })],
      row: { verdict: "ok", days: 5 },
      reasons: ["SECRET_EXPIRES_SOON"],
    },
    {
      name: "has ended",
      documents: [named, secret("web-tls", [host], { days: -3 })],
      row: { verdict: "bad", days: -3 },
      reasons: ["SECRET_EXPIRED"],
    },
    {
      name: "is not valid yet",
      documents: [named, secret("web-tls", [host], { from: 1 })],
      row: { verdict: "bad" },
      reasons: ["SECRET_NOT_YET_VALID"],
    },
    {
      name: "is for another host",
      documents: [named, secret("web-tls", ["b.example"])],
      row: { verdict: "bad", secret: "shop/web-tls" },
      reasons: ["SECRET_HOST_NOT_COVERED"],
    },
    {
      name: "is missing",
      documents: [named],
      row: { verdict: "bad", secret: null, isDefault: true },
      reasons: ["INGRESS_SECRET_MISSING"],
    },
    {
      name: "is broken",
      documents: [named, secret("web-tls", [host]).replace("BEGIN CERTIFICATE", "BEGIN NOTHING")],
      row: { verdict: "bad", secret: null, isDefault: true },
      reasons: ["SECRET_NOT_PEM"],
    },
    {
      name: "is not named",
      documents: [withTls([{ hosts: [host] }])],
      row: { verdict: "bad", isDefault: true },
      reasons: ["DefaultCertificate"],
    },
    {
      name: "is the default one, which is for the host",
      documents: [withTls([{ hosts: [host] }]), secret("all", [host])],
      args: ["--default-ssl-certificate", "shop/all"],
      row: { verdict: "ok", secret: "shop/all", isDefault: true },
      reasons: [],
    },
    {
      name: "is the default one, which is not for the host",
      documents: [named, secret("all", ["b.example"])],
      args: ["--default-ssl-certificate", "shop/all"],
      row: { verdict: "bad", secret: "shop/all", isDefault: true },
      reasons: ["INGRESS_SECRET_MISSING", "SECRET_HOST_NOT_COVERED"],
    },
    {
      name: "is that of the second Secret, because the first is not for the host",
      documents: [
        withTls([
          { hosts: [host], secretName: "one" },
          { hosts: [host], secretName: "two" },
        ]),
        secret("one", ["b.example"]),
        secret("two", [host]),
      ],
      row: { verdict: "ok", secret: "shop/two" },
      reasons: [],
    },
  ])("says of a certificate that $name: $row.verdict, $reasons", async ({ documents, args = [], row, reasons }) => {
    const { stdout, code } = await call("certs", documents, "-o", "json", "--host", host, ...args);
    const { certificates } = JSON.parse(stdout) as { readonly certificates: readonly CertificateView[] };
    expect(certificates).toEqual([expect.objectContaining({ host, ...row })]);
    expect(certificates[0]?.problems.map(({ reason }) => reason)).toEqual(reasons);
    expect(code).toBe(row.verdict === "bad" ? 1 : 0);
  });

  it("prints a row for each host of an entry, and what is wrong with it and what to do", async () => {
    const two = withTls([{ hosts: [host, "b.example"], secretName: "web-tls" }]);
    const { stdout } = await call("certs", [two, secret("web-tls", [host])]);
    const lines = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(lines[0]).toEqual(["VERDICT", "HOST", "SECRET", "SUBJECT", "NAMES", "ISSUER", "NOT AFTER", "DAYS"]);
    expect(lines.slice(1, 3).map(([verdict, of]) => [verdict, of])).toEqual([
      ["bad", "b.example"],
      ["ok", host],
    ]);
    expect(lines).toContainEqual([
      "b.example",
      expect.stringMatching(/^Secret shop\/web-tls: .+\. .+\. \[SECRET_HOST_NOT_COVERED\]$/),
    ]);
  });

  it("has a row for each name of a certificate that is named without hosts", async () => {
    const open = ingress("all", "", [{ path: "/" }], { tls: [{ secretName: "web-tls" }] });
    const { stdout, code } = await call("certs", [open, secret("web-tls", ["a.example", "b.example"])], "-o", "json");
    const { certificates } = JSON.parse(stdout) as { readonly certificates: readonly CertificateView[] };
    expect(certificates.map((one) => [one.host, one.verdict])).toEqual([
      ["a.example", "ok"],
      ["b.example", "ok"],
    ]);
    expect(code).toBe(0);
  });

  it("does not know what may not be read", () => {
    const { objects } = parseManifests(named, "f.yaml");
    const seen = seeRoutes({ ...routesInputOf(objects), secretOf: () => null });
    const view = viewCertificates(seen);
    expect(view.certificates).toMatchObject([{ host, verdict: "unknown", secret: null, problems: [] }]);
    expect(printCertificates(view)).toMatch(/^\? +shop\.example +\? /m);
    expect(viewRoutes(seen).routes?.[0]?.certificate).toMatchObject({ verdict: "unknown" });
  });
});
