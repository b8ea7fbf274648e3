import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CertificateView } from "#src/view/view-certificate.ts";
import type { RouteView } from "#src/view/view-routes.ts";
import { kubeconfig } from "#test/support/kubeconfig.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { type Received, ScriptedApi } from "#test/source/kubernetes/kubernetes-api.ts";
import { callCli } from "./run-cli.ts";

const metadata = (name: string) => ({ name, namespace: "shop", resourceVersion: "1", uid: name });
const backend = { service: { name: "web", port: { number: 80 } } };
const INGRESS = {
  metadata: {
    ...metadata("web"),
    annotations: {
      "nginx.ingress.kubernetes.io/auth-type": "basic",
      "nginx.ingress.kubernetes.io/auth-secret": "users",
    },
  },
  spec: {
    ingressClassName: "edge",
    tls: [{ hosts: ["shop.example"], secretName: "web-tls" }],
    rules: [{ host: "shop.example", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
  },
};
const CLASS = { metadata: { name: "edge" }, spec: { controller: "hawser.dev/ingress" } };
const SERVICE = {
  metadata: metadata("web"),
  spec: { type: "ClusterIP", selector: { app: "a" }, ports: [{ port: 80 }] },
};
const encode = (text: string): string => Buffer.from(text).toString("base64");

function certificate(): object {
  const { certificatePem, privateKeyPem } = issueCertificate({
    commonName: "shop.example",
    keyType: "ec",
    names: ["shop.example"],
    fromMs: Date.now() - 1e9,
    toMs: Date.now() + 1e10,
  });
  return {
    metadata: metadata("web-tls"),
    data: { "tls.crt": encode(certificatePem), "tls.key": encode(privateKeyPem) },
  };
}
const USERS = { metadata: metadata("users"), data: { auth: encode("ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n") } };

let folder: string;
let api: ScriptedApi;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-routes-of-cluster-"));
  api = await ScriptedApi.start();
  await writeFile(join(folder, "config"), kubeconfig({ server: api.url }));
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Answers lists with these items, by path; what is not here is refused. */
function serve(lists: (request: Received) => readonly object[] | undefined): void {
  api.answer = (request) => {
    const items = lists(request);
    if (items === undefined) request.answer(403, { kind: "Status", code: 403, message: "forbidden" });
    else request.answer(200, { metadata: { resourceVersion: "1" }, items });
  };
}

const OBJECTS: Readonly<Record<string, readonly object[]>> = {
  "/apis/networking.k8s.io/v1/ingresses": [INGRESS],
  "/apis/networking.k8s.io/v1/ingressclasses": [CLASS],
  "/api/v1/services": [SERVICE],
  "/apis/discovery.k8s.io/v1/endpointslices": [],
};
const call = async (verb: string) => callCli([verb, "--kubeconfig", join(folder, "config"), "-o", "json"]);

describe("F hawser routes and hawser certs of a cluster", () => {
  const byName: Readonly<Record<string, object>> = {
    "metadata.name=web-tls": certificate(),
    "metadata.name=users": USERS,
  };
  const secretsOf = ({ path, query }: Received): readonly object[] | undefined =>
    path === "/api/v1/namespaces/shop/secrets" ? [byName[query.get("fieldSelector") ?? ""] ?? []].flat() : undefined;

  it("reads the Secrets that are named one by one, where those of all namespaces may not be listed", async () => {
    serve((request) => OBJECTS[request.path] ?? secretsOf(request));
    const { stdout, code } = await call("routes");
    const { routes } = JSON.parse(stdout) as { readonly routes: readonly RouteView[] };
    expect(routes).toMatchObject([
      {
        ingress: "shop/web",
        service: "shop/web:80",
        endpoints: 0,
        closed: null,
        certificate: { secret: "shop/web-tls", verdict: "ok" },
      },
    ]);
    expect(code).toBe(0);
    expect((await call("certs")).code).toBe(0);
  });

  it("reads all certificates at once, where that is allowed, and no other Secret that is not named", async () => {
    serve((request) => {
      if (request.path !== "/api/v1/secrets") return OBJECTS[request.path] ?? secretsOf(request);
      return request.query.get("fieldSelector") === "type=kubernetes.io/tls" ? [certificate()] : undefined;
    });
    expect((await call("certs")).code).toBe(0);
    const asked = api.received
      .filter(({ path }) => path.endsWith("/secrets"))
      .map(({ query }) => query.get("fieldSelector"));
    expect(new Set(asked)).toEqual(new Set(["metadata.name=users", "type=kubernetes.io/tls"]));
    expect(asked).toHaveLength(2);
  });

  it("does not know a certificate whose Secret may not be read, and says so", async () => {
    serve(({ path }) => OBJECTS[path]);
    const { stdout, code } = await call("certs");
    const { certificates } = JSON.parse(stdout) as { readonly certificates: readonly CertificateView[] };
    expect(certificates).toMatchObject([{ host: "shop.example", verdict: "unknown" }]);
    expect(code).toBe(0);
  });

  it("names what may not be read, and exits with 1", async () => {
    serve(({ path }) => (path.endsWith("endpointslices") ? undefined : OBJECTS[path]));
    expect(await call("routes")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("API_ACCESS_REFUSED") as string,
    });
    serve(() => undefined);
    expect(await call("routes")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("API_ACCESS_REFUSED") as string,
    });
  });
});
