import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { until as untilWithin } from "#lab/rack/until.ts";
import { answering, ask, type Client, openClient, startEndpoint, statusOf } from "#test/support/ingress-proxy.ts";
import { oneHostObjects } from "#test/support/one-host-objects.ts";

const HOOK = fileURLToPath(new URL("../../support/threads-on-order.mjs", import.meta.url));
/** Three threads read all sources, one after the other: on a machine with other work that takes long. */
const STARTS_MS = 300_000;
/** That the kernel gives all of them to one of two workers happens once in 8 million times. */
const CLIENTS = 24;

const until: typeof untilWithin = async (what, condition) => untilWithin(what, condition, { timeoutMs: 120_000 });
const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "hawser-workers-"));
  cleanUps.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The program with two workers, which do what is ordered. */
function start(endpointPort: number, orders: readonly string[] = []) {
  const [manifests, folder] = [temporaryFolder(), temporaryFolder()];
  writeFileSync(join(manifests, "all.yaml"), oneHostObjects(endpointPort));
  const order = (what: string): void => writeFileSync(join(folder, what), "");
  for (const what of orders) order(what);
  const ports = ["--http-port=0", "--https-port=0", "--default-backend-port=0", "--admin-port=0"];
  const args = ["--workers=2", "--idle-timeout=600", "--manifests", manifests, "--bind-address=127.0.0.1", ...ports];
  const child = spawn(process.execPath, ["--import", HOOK, "ingress/main.ts", ...args], {
    env: { ...process.env, HAWSER_TEST_ORDERS: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanUps.push(() => child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (data) => (text += String(data)));
  const lines = () =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const portOf = (listener: string, worker?: number) =>
    until(`${listener} to listen`, () => {
      const line = lines().find(
        (one) => one["listener"] === listener && one["worker"] === worker && String(one["msg"]).startsWith("listening"),
      );
      return line?.["port"] as number | undefined;
    });
  const adminGet = async (path: string): Promise<string> =>
    ask(await portOf("admin"), `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return {
    lines,
    portOf,
    order,
    withdraw: (what: string) => rmSync(join(folder, what)),
    readyz: async () => statusOf(await adminGet("/readyz")),
    openConnections: async () => {
      const answer = await adminGet("/state");
      return (JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))) as { openConnections: number }).openConnections;
    },
    isThere: (what: string) => existsSync(join(folder, what)),
    metric: async (name: string) => {
      const found = (await adminGet("/metrics")).split("\n").find((line) => line.startsWith(`${name} `));
      return Number(found?.split(" ")[1]);
    },
  };
}

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const isWhole = (text: string): boolean => text.endsWith("page");

async function openClients(port: number): Promise<readonly Client[]> {
  const clients = Array.from({ length: CLIENTS }, () => openClient(port));
  cleanUps.push(() => clients.forEach((one) => one[Symbol.dispose]()));
  for (const one of clients) one.send(GET);
  for (const one of clients) await one.until(isWhole);
  return clients;
}

describe("hawser ingress with two workers", () => {
  it(
    "is ready when both listen, and not when one does",
    async () => {
      await using endpoint = await startEndpoint(answering("page"));
      const program = start(endpoint.port, ["hold worker 2"]);
      const http = await program.portOf("http", 1);
      await program.portOf("https", 1);
      expect(statusOf(await ask(http, GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")))).toBe(200);
      expect(await program.readyz()).toBe(503);
      program.withdraw("hold worker 2");
      await until("it is ready", async () => (await program.readyz()) === 200);
      expect(await program.portOf("http", 2)).toBe(http);
    },
    STARTS_MS,
  );

  it(
    "counts the connections of both, and stays ready while one that died is replaced",
    async () => {
      await using endpoint = await startEndpoint(answering("page"));
      const program = start(endpoint.port);
      const http = await program.portOf("http", 1);
      await until("it is ready", async () => (await program.readyz()) === 200);
      const clients = await openClients(http);
      expect(await program.openConnections()).toBe(CLIENTS);

      program.order("hold worker 2");
      program.order("end worker 2");
      let gone = 0;
      for (const one of clients) one.socket.on("close", () => (gone += 1));
      await until("it says so", () => program.lines().some(({ msg }) => String(msg).startsWith("a worker ended")));
      await until(
        "its connections to end",
        async () => gone > 0 && gone + (await program.openConnections()) === CLIENTS,
      );
      expect(gone).toBeLessThan(CLIENTS);
      expect(await program.metric("hawser_ingress_workers")).toBe(1);
      expect(await program.readyz()).toBe(200);
      const left = CLIENTS - gone;
      const more = await openClients(http);
      expect(await program.openConnections()).toBe(left + more.length);
      expect(await program.readyz()).toBe(200);

      program.withdraw("hold worker 2");
      await until("another one", async () => (await program.metric("hawser_ingress_workers")) === 2);
      await openClients(http);
      expect(await program.openConnections()).toBe(left + 2 * CLIENTS);
      expect([await program.readyz(), await program.metric("hawser_ingress_worker_deaths_total")]).toEqual([200, 1]);
    },
    STARTS_MS,
  );

  it(
    "tells for how long the event loop of each stood still, once",
    async () => {
      await using endpoint = await startEndpoint(answering("page"));
      const program = start(endpoint.port);
      await until("it is ready", async () => (await program.readyz()) === 200);
      const lagOf = (worker: number) => program.metric(`hawser_ingress_worker_lag_seconds{worker="${worker}"}`);
      for (const worker of [2, 1]) {
        for (const one of [1, 2]) await until(`${one} to be asked`, async () => (await lagOf(one)) < 1);
        program.order(`block worker ${worker}`);
        await until("it stands still", () => program.isThere(`blocked worker ${worker}`));
        const sinceMs = performance.now();
        await until("two seconds to pass", () => performance.now() - sinceMs > 2_000);
        program.withdraw(`block worker ${worker}`);
        // It looks at its delay ten times a second: so much of it may be unseen.
        await until(`the lag of ${worker}`, async () => (await lagOf(worker)) >= 1.9);
      }
    },
    STARTS_MS,
  );
});
