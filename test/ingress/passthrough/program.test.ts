import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { certificateName, startTlsEndpoint } from "#test/support/passing-proxy.ts";

/** Three threads read all sources, one after the other: on a machine with other work that takes long. */
const patience = { timeoutMs: 120_000 };
const STARTS_MS = 300_000;

/** Ingresses of `pass.com`, which asks for it, and `own.com`, and a Service with this endpoint. */
function manifests(port: number): string {
  const ingress = (name: string, annotations: object) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "n", annotations },
    spec: {
      rules: [
        {
          host: `${name}.com`,
          http: {
            paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "s", port: { number: 443 } } } }],
          },
        },
      ],
    },
  });
  return [
    ingress("pass", { "nginx.ingress.kubernetes.io/ssl-passthrough": "true" }),
    ingress("own", {}),
    { apiVersion: "v1", kind: "Service", metadata: { name: "s", namespace: "n" }, spec: { ports: [{ port: 443 }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "s-1", namespace: "n", labels: { "kubernetes.io/service-name": "s" } },
      addressType: "IPv4",
      ports: [{ name: "", port }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    },
  ]
    .map((object) => JSON.stringify(object))
    .join("\n---\n");
}

it.each([
  { options: ["--ssl-passthrough", "--workers=2"], gets: "the endpoint" },
  { options: ["--workers=1"], gets: "Hawser default certificate" },
])(
  "the program with $options gives clients of the host: $gets",
  async ({ options, gets }) => {
    await using endpoint = await startTlsEndpoint("the endpoint", (socket) => void socket.pipe(socket));
    const folder = mkdtempSync(join(tmpdir(), "hawser-passthrough-"));
    writeFileSync(join(folder, "all.yaml"), manifests(endpoint.port));
    const ports = ["--http-port=0", "--https-port=0", "--default-backend-port=0", "--admin-port=0"];
    const args = ["ingress/main.ts", ...options, "--manifests", folder, "--bind-address=127.0.0.1", ...ports];
    const program = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    try {
      let text = "";
      program.stdout.on("data", (data) => (text += String(data)));
      const listening = /"listener":"https"[^\n]*"port":(\d+)[^\n]*"listening|"port":(\d+)[^\n]*"listener":"https"/;
      await until("it to be ready", () => text.includes('"ready"'), patience);
      const [, one, other] = listening.exec(text) ?? [];
      const port = Number(one ?? other);
      for (let count = 0; count < 8; count++)
        expect(await certificateName({ port, servername: "pass.com" })).toBe(gets);
      expect(await certificateName({ port, servername: "own.com" })).toBe("Hawser default certificate");
      const isTold = text.includes("INGRESS_PASSTHROUGH_UNSERVED");
      expect(isTold).toBe(!options.includes("--ssl-passthrough"));
    } finally {
      program.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  },
  STARTS_MS,
);
