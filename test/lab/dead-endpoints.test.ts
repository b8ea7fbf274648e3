import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseTcpTable } from "#src/linux/unacknowledged.ts";
import { readyLine } from "#lab/hawser/installation.ts";
import type { Pod } from "#lab/rack/pod.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const HTTP_PORT = 8_000;
const ADMIN_PORT = 8_001;
const POD_PORT = 8_080;

/** Far above what finding a dead node takes, far below the 60 s that an endpoint may be silent. */
const PATIENCE_MS = 25_000;

/** Sends requests, as many at once as it is told, and prints their statuses; 0 for one without answer. */
const ASKING = `
const [count, method, path] = process.argv.slice(1);
const ask = () => fetch("http://127.0.0.1:${HTTP_PORT}" + path, {
  method, signal: AbortSignal.timeout(${PATIENCE_MS}),
}).then(async (answer) => { await answer.arrayBuffer(); return answer.status; }, () => 0);
console.log(JSON.stringify(await Promise.all(Array.from({ length: Number(count) }, ask))));
`;

/** Clients that ask one request after the other until they are to end; prints the statuses, and how long the slowest waited. */
const ASKING_ON = `
const [clients, seconds, port] = process.argv.slice(1).map(Number);
const endsMs = performance.now() + 1000 * seconds;
const statuses = {};
let longestMs = 0;
const warmMs = performance.now() + 1000;
const ask = async () => {
  while (performance.now() < endsMs) {
    const beganMs = performance.now();
    const status = await fetch("http://127.0.0.1:" + port + "/", { signal: AbortSignal.timeout(${PATIENCE_MS}) })
      .then(async (answer) => { await answer.arrayBuffer(); return answer.status; }, () => 0);
    statuses[status] = (statuses[status] ?? 0) + 1;
    // The first ones wait for the client's own code.
    if (beganMs > warmMs) longestMs = Math.max(longestMs, performance.now() - beganMs);
  }
};
setTimeout(() => console.log("asking"), 1200);
await Promise.all(Array.from({ length: clients }, ask));
console.log(JSON.stringify({ statuses, longestMs }));
`;
/** A client that waits for the kernel to send again waits longer; one that goes elsewhere at once, on a machine that other programs keep busy, does not. */
const LONGEST_MS = 1_000;

/** A pod that says each time it is asked how often it was, by path. The one on n2 takes longer for /slow than anybody waits. */
const SERVING = `
const asked = {};
require("node:http").createServer((request, response) => {
  asked[request.url] = (asked[request.url] ?? 0) + 1;
  console.log(request.url + " " + asked[request.url]);
  request.resume();
  setTimeout(() => response.end("x"), request.url === "/slow" && process.argv[1] === "web-2" ? 120_000 : 0);
}).listen(${POD_PORT}, () => console.log("ready"));
`;

/** One Service with these endpoints behind one Ingress. */
function manifestsTo(addresses: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "hawser-dead-endpoints-"));
  const endpoints = addresses.map((address) => `{ addresses: ["${address}"], conditions: { ready: true } }`);
  writeFileSync(
    join(directory, "all.yaml"),
    `apiVersion: v1
kind: Service
metadata: { name: s, namespace: default }
spec: { clusterIP: 10.96.0.1, ports: [{ port: 80, targetPort: ${POD_PORT} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: s-1, namespace: default, labels: { kubernetes.io/service-name: s } }
addressType: IPv4
ports: [{ port: ${POD_PORT}, protocol: TCP }]
endpoints: [${endpoints.join(", ")}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: i, namespace: default }
spec:
  rules:
    - http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: s, port: { number: 80 } } } }] }
`,
  );
  return directory;
}

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("I7 a node that dies with a warm pool to its pod", () => {
  let rack: Rack;
  let first: Pod | undefined;
  // Only the newest lines are kept.
  const askedOfFirst = (path: string): number =>
    Number(first?.process.lines.findLast((line) => line.startsWith(`${path} `))?.split(" ")[1] ?? 0);

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    const start = (name: string, node: string): Promise<Pod> => {
      const command = [process.execPath, "-e", SERVING, name];
      return rack.startPod({ name, node, program: { command, ready: /ready/ } });
    };
    const pods = await Promise.all([start("web-2", "n2"), start("web-3", "n3")]);
    [first] = pods;
    const folder = manifestsTo(pods.map((pod) => pod.host.ipv4));
    // One turn for all requests, so that each pod has its half.
    const ports = ["--workers=1", `--http-port=${HTTP_PORT}`, `--admin-port=${ADMIN_PORT}`, "--bind-address=127.0.0.1"];
    const command = [process.execPath, CLI, "ingress", "--manifests", folder, "--https-port=8443", ...ports];
    await rack.host("n1").spawn({ name: "ingress", command, ready: readyLine });
  });
  afterAll(() => rack.close());

  /** The statuses of so many requests at once. */
  async function ask(count: number, method = "GET", path = "/"): Promise<readonly number[]> {
    const script = [process.execPath, "--input-type=module", "-e", ASKING, String(count), method, path];
    return JSON.parse((await rack.host("n1").run(script)).stdout) as number[];
  }

  /** A figure of the ingress. */
  async function figure(name: string): Promise<number> {
    const script = `console.log(await (await fetch("http://127.0.0.1:${ADMIN_PORT}/metrics")).text())`;
    const command = [process.execPath, "--input-type=module", "-e", script];
    const { stdout } = await rack.host("n1").run(command);
    return Number(
      stdout
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.split(" ")[1] ?? Number.NaN,
    );
  }

  it("loses no GET, and is left after the first that it does not acknowledge", async () => {
    // A client that has little CPU has fewer requests under way at once.
    const statuses: number[] = [];
    await until("the pool to be warm", async () => {
      statuses.push(...(await ask(200)));
      return (await figure("hawser_ingress_endpoint_connections")) > 20;
    });
    expect(new Set(statuses)).toEqual(new Set([200]));
    await rack.cutSilent(rack.host("n2"));
    expect(await ask(40)).toEqual(Array.from({ length: 40 }, () => 200));
    expect(await figure('hawser_ingress_endpoint_errors_total{reason="endpoint-silent"}')).toBeGreaterThan(0);
    const failures = await figure('hawser_ingress_endpoint_errors_total{reason="endpoint-silent"}');
    expect(await figure("hawser_ingress_ejections_total")).toBeGreaterThan(0);
    // Until a trial finds it again no request goes there.
    expect(await ask(40)).toEqual(Array.from({ length: 40 }, () => 200));
    expect(await figure('hawser_ingress_endpoint_errors_total{reason="endpoint-silent"}')).toBe(failures);
  });

  it("N9 is left within moments by clients that go on asking", async () => {
    await healed();
    const command = [process.execPath, "--input-type=module", "-e", ASKING_ON, "8", "5", String(HTTP_PORT)];
    const asking = await rack.host("n1").spawn({ name: "asking", command, ready: /asking/ });
    await until("the pod to be asked", () => askedOfFirst("/") > 200);
    await rack.cutSilent(rack.host("n2"));
    const line = await until("all to be asked", () => asking.lines.find((one) => one.startsWith("{")));
    const { statuses, longestMs } = JSON.parse(line) as { statuses: Record<string, number>; longestMs: number };
    expect(Object.keys(statuses)).toEqual(["200"]);
    expect(longestMs).toBeLessThan(LONGEST_MS);
  });

  it("loses no GET that it had acknowledged, and gives up what may not be sent twice, long before 60 s", async () => {
    await healed();
    const asking = ask(4, "GET", "/slow");
    await until("the pod to have its half", () => askedOfFirst("/slow") === 2);
    await until("its kernel to have acknowledged", async () => {
      const { stdout } = await rack.host("n1").run(["cat", "/proc/net/tcp"]);
      return parseTcpTable(stdout).length === 0;
    });
    await rack.cutSilent(rack.host("n2"));
    const posts = await ask(40, "POST");
    expect(new Set(posts)).toEqual(new Set([200, 504]));
    expect(await asking).toEqual([200, 200, 200, 200]);
  });

  /** Heals the network, and lets the ingress find the pod again and open connections to it. */
  async function healed(): Promise<void> {
    await rack.heal();
    const before = askedOfFirst("/");
    await until("the pod to be asked again", async () => {
      expect(await ask(100)).toEqual(Array.from({ length: 100 }, () => 200));
      return askedOfFirst("/") > before + 20;
    });
  }
});
