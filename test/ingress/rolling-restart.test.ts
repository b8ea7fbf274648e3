import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { answering, ask, closedPort, listen, startEndpoint, statusOf } from "#test/support/ingress-proxy.ts";
import { oneHostObjects } from "#test/support/one-host-objects.ts";

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

/** One pod of the ingress: its process, and what a prober sees of it. */
interface Replica {
  readonly http: number;
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  isReady(): Promise<boolean>;
  lines(): readonly Readonly<Record<string, unknown>>[];
}

function manifestsTo(port: number): string {
  const folder = mkdtempSync(join(tmpdir(), "hawser-rolling-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "all.yaml"), oneHostObjects(port));
  return folder;
}

async function start(folder: string, options: readonly string[] = []): Promise<Replica> {
  const [http, admin] = [await closedPort(), await closedPort()];
  const ports = [`--http-port=${http}`, `--admin-port=${admin}`, "--https-port=0", "--default-backend-port=0"];
  const args = ["ingress/main.ts", "--manifests", folder, "--bind-address=127.0.0.1", ...ports, ...options];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (data) => (text += String(data)));
  cleanUps.push(() => child.kill("SIGKILL"));
  return {
    http,
    child,
    exit: new Promise((resolve) => child.on("exit", resolve)),
    isReady: async () => {
      const probe = "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      return statusOf(await ask(admin, probe).catch(() => "")) === 200;
    },
    lines: () =>
      text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

/** What a load balancer knows: the replicas that its probes found ready last. */
class Endpoints {
  replicas: readonly Replica[] = [];
  ready: readonly Replica[] = [];
  isClosed = false;

  async probe(): Promise<void> {
    while (!this.isClosed) {
      const found = await Promise.all(this.replicas.map(async (one) => ((await one.isReady()) ? [one] : [])));
      this.ready = found.flat();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Asks again and again, over connections that stay open as long as the other side lets them. */
async function askOn(endpoints: Endpoints, results: Map<string, number>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  while (!endpoints.isClosed) {
    const { http: port } = endpoints.ready[Math.floor(Math.random() * endpoints.ready.length)]!;
    const result = await new Promise<string>((resolve) => {
      const sent = request({ port, host: "127.0.0.1", agent, headers: { host: "a.com" } }, (response) => {
        response.resume();
        response.on("end", () => resolve(String(response.statusCode)));
        response.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
      sent.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      sent.end();
    });
    results.set(result, (results.get(result) ?? 0) + 1);
  }
  agent.destroy();
}

describe("hawser ingress, restarted", () => {
  it("one replica after the other, loses no request", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    const folder = manifestsTo(endpoint.port);
    const endpoints = new Endpoints();
    const launch = () => start(folder, ["--drain-delay=2", "--drain-timeout=10"]);
    endpoints.replicas = [await launch(), await launch()];
    const probing = endpoints.probe();
    await until("both are ready", () => endpoints.ready.length === 2);
    const results = new Map<string, number>();
    const clients = Array.from({ length: 4 }, async () => askOn(endpoints, results));
    const count = (): number => [...results.values()].reduce((sum, one) => sum + one, 0);
    for (const old of endpoints.replicas) {
      const successor = await launch();
      endpoints.replicas = [...endpoints.replicas, successor];
      await until("the successor is ready", () => endpoints.ready.includes(successor));
      const before = count();
      old.child.kill("SIGTERM");
      expect(await old.exit).toBe(0);
      endpoints.replicas = endpoints.replicas.filter((one) => one !== old);
      expect(count() - before).toBeGreaterThan(20);
    }
    endpoints.isClosed = true;
    await Promise.all([...clients, probing]);
    expect([...results.keys()]).toEqual(["200"]);
  }, 180_000);

  it("is not ready at once, tells clients to go elsewhere, and serves them meanwhile", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    const replica = await start(manifestsTo(endpoint.port), ["--drain-delay=3"]);
    await until("it is ready", () => replica.isReady());
    const get = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
    replica.child.kill("SIGTERM");
    await until("it is not ready", async () => !(await replica.isReady()));
    // Without being asked to, it ends the connection after the answer.
    expect(await ask(replica.http, get)).toMatch(/^HTTP\/1\.1 200 [^]*Connection: close\r\n\r\nok$/);
    expect(await replica.exit).toBe(0);
  });

  it("never takes a port that becomes free while it ends", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    const squatter = createServer();
    const taken = await listen(squatter);
    const replica = await start(manifestsTo(endpoint.port), ["--drain-delay=4", `--default-backend-port=${taken}`]);
    const says = (word: string) => (): boolean => replica.lines().some(({ msg, code }) => [msg, code].includes(word));
    await until("it says that the port is taken", says("PORT_IN_USE"));
    replica.child.kill("SIGTERM");
    await until("it ends", says("shutting down"));
    await new Promise((resolve) => squatter.close(resolve));
    expect(await replica.exit).toBe(0);
    const listened = replica.lines().filter(({ listener, msg }) => {
      return listener === "default-backend" && String(msg).startsWith("listening");
    });
    expect(listened).toEqual([]);
  });
});
