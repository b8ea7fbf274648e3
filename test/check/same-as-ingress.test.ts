import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkFiles } from "#cli/check-files.ts";
import { DEFAULT_INSTALLATION } from "#src/check/inspect-objects.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { createLogger } from "#src/process/log.ts";
import { startFolderLoop } from "#test/support/folder-loop.ts";

const NGINX = "nginx.ingress.kubernetes.io";
const ingress = (name: string, annotations: Readonly<Record<string, string>>, path = `/${name}`, more = {}) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: {
    namespace: "x",
    name,
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${NGINX}/${key}`, value])),
  },
  spec: {
    rules: [
      {
        host: "a.com",
        http: { paths: [{ path, pathType: "Prefix", backend: { service: { name: "s", port: { number: 80 } } } }] },
      },
    ],
    ...more,
  },
});
const configMap = (name: string, data: Readonly<Record<string, string>>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "x", name },
  data,
});
const policy = (name: string, spec: object) => ({
  apiVersion: "hawser.dev/v1alpha1",
  kind: "HTTPPolicy",
  metadata: { namespace: "x", name },
  spec: { targetRefs: [{ group: "networking.k8s.io", kind: "Ingress", name: "plain" }], ...spec },
});

/** Objects with one mistake each, of those that an ingress can find. */
const OBJECTS = [
  { apiVersion: "v1", kind: "Service", metadata: { namespace: "x", name: "s" }, spec: { ports: [{ port: 80 }] } },
  ingress("plain", {}),
  ingress("unknown", { "no-such-annotation": "1", "proxy-body-size": "much" }),
  ingress("closed", { "whitelist-source-range": "x" }),
  ingress("regex", { "use-regex": "true" }, "/(?=a)"),
  ingress("taken", {}, "/plain"),
  ingress("password", { "auth-type": "basic", "auth-secret": "none" }),
  ingress("headers", { "custom-headers": "bad" }),
  ingress("questions", { "auth-url": "http://auth.x.svc/", "auth-proxy-set-headers": "bad" }),
  ingress("missing-headers", { "custom-headers": "none" }),
  ingress("port", {}, "/port", {
    defaultBackend: { service: { name: "s", port: { number: 81 } } },
  }),
  ingress("tls", {}, "/tls", { tls: [{ hosts: ["a.com"], secretName: "none" }] }),
  ingress("endpoint-tls", { "backend-protocol": "HTTPS", "proxy-ssl-secret": "x/none" }),
  ingress("alias", { "server-alias": "~(" }),
  configMap("bad", { "X-Bad": "$nothing", Host: "a" }),
  configMap("all", { "X-Bad": "$nothing", "X-Real-IP": "1" }),
  configMap("config", {
    "add-headers": "x/none",
    "proxy-set-headers": "x/all",
    "proxy-read-timeout": "much",
    "block-user-agents": "curl",
    "proxy-body-sise": "1m",
    "denylist-source-range": "10.0.0.0/33",
  }),
  policy("shared", { rateLimits: [{ requests: 5, per: "second", shared: true }] }),
  policy("unreadable", { jwt: { issuer: 1 } }),
  policy("sources", { allowlistSourceRange: ["10.0.0.0/8"] }),
];

/** What `hawser check` says at another object than the ingress: at the one that names what is missing, which has a line. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'INGRESS_SECRET_MISSING Secret "x/none"': 'INGRESS_SECRET_MISSING Ingress "x/tls"',
};

/** What is wrong, as code and object. */
const place = (code: string, where: string) => `${code} ${/^\w+ "[^"]*"/.exec(where)?.[0] ?? where}`;

it("hawser check finds in a folder what the ingress says of it at run time", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hawser-same-"));
  const path = join(directory, "objects.yaml");
  const text = OBJECTS.map((object) => JSON.stringify(object)).join("\n---\n");
  writeFileSync(path, text);
  const said = new Set<string>();
  const log = createLogger({
    component: "test",
    level: "warn",
    to: {
      write: (line) => {
        const { code, where } = JSON.parse(line) as { readonly code?: string; readonly where?: string };
        if (code !== undefined && where !== undefined) said.add(place(code, where));
      },
    },
  });
  const loop = await startFolderLoop(directory, {
    log,
    countsTogether: false,
    allowedHeaders: new Set(["x-one"]),
    nginxConfig: { key: "x/config", isInForce: () => false },
  });
  await loop.close();
  rmSync(directory, { recursive: true });
  const { findings } = checkFiles([{ path, text }], {
    ...DEFAULT_INSTALLATION,
    nginxConfigMap: "x/config",
    countsTogether: false,
    allowedHeaders: new Set(["x-one"]),
  });
  const found = new Set(findings.map(({ code, at }) => place(code, printPlace(at))));
  const missing = [...said.difference(found)].filter((one) => !found.has(ELSEWHERE[one] ?? ""));
  expect(missing.sort()).toEqual([]);
  // The folder has as many kinds of mistakes as it should.
  expect(new Set([...said].map((one) => one.split(" ")[0])).size).toBeGreaterThan(12);
});
