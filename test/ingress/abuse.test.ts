import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { until as untilWithin } from "#lab/rack/until.ts";
import { ask, openClient, standsStill, startEndpoint, statusOf } from "#test/support/ingress-proxy.ts";

const until: typeof untilWithin = async (what, condition, options) =>
  untilWithin(what, condition, { timeoutMs: 60_000, ...options });
const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

const manifests = (port: number): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: i }
spec: { defaultBackend: { service: { name: s, port: { number: 80 } } } }
---
apiVersion: v1
kind: Service
metadata: { name: s }
spec: { ports: [{ port: 80 }], selector: { app: s } }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: s, labels: { kubernetes.io/service-name: s } }
addressType: IPv4
ports: [{ name: "", port: ${port}, protocol: TCP }]
endpoints: [{ addresses: [127.0.0.1] }]
`;

interface Program {
  readonly http: number;
  readonly https: number;
  readonly admin: number;
  readonly pid: number;
  isRunning(): boolean;
  lines(): readonly string[];
}

/** The program by itself, with at most so many open files. */
async function startProgram(endpoint: number, maxFiles: number, options: readonly string[] = []): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), "hawser-abuse-"));
  writeFileSync(join(folder, "all.yaml"), manifests(endpoint));
  const ports = ["--http-port=0", "--https-port=0", "--default-backend-port=0", "--admin-port=0"];
  const args = ["ingress/main.ts", "--manifests", folder, "--bind-address=127.0.0.1", ...ports, ...options];
  const limited = `ulimit -n ${maxFiles} && exec "$@"`;
  const child = spawn("sh", ["-c", limited, "sh", process.execPath, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (data) => (text += String(data)));
  cleanUps.push(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const lines = () => text.split("\n").slice(0, -1);
  await until("the program to be ready", () => lines().some((line) => line.includes('"msg":"ready"')));
  const port = (listener: string) =>
    Number(/"port":(\d+)/.exec(lines().find((line) => line.includes(`"listener":"${listener}"`)) ?? "")?.[1]);
  return {
    http: port("http"),
    https: port("https"),
    admin: port("admin"),
    pid: child.pid ?? 0,
    isRunning: () => child.exitCode === null,
    lines,
  };
}

const CLOSING = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;
}

describe("hawser ingress bears", () => {
  it("more connections than it may have open files, and serves again when they are gone", async () => {
    await using endpoint = await startEndpoint((socket) => socket.write(OK));
    const program = await startProgram(endpoint.port, 60);
    const sockets = Array.from({ length: 200 }, () => connect({ port: program.http, host: "127.0.0.1" }));
    let gone = 0;
    for (const socket of sockets) socket.on("error", () => undefined).on("close", () => (gone += 1));
    await until("those beyond to be closed", () => gone >= 100);
    for (const socket of sockets) socket.destroy();
    await until("an answer", async () => statusOf(await ask(program.http, CLOSING)) === 200);
    expect(program.isRunning()).toBe(true);
    // Not one for each connection.
    expect(program.lines().filter((line) => line.includes("EMFILE")).length).toBeLessThan(10);
  });

  it("HTTP on the TLS port, TLS on the HTTP port, garbage on both, and clients that hang up in a handshake", async () => {
    await using endpoint = await startEndpoint((socket) => socket.write(OK));
    const program = await startProgram(endpoint.port, 1_024);
    const garbage = "\x16\x03\x01\xff\xff\x01\x00\xff\xfc\x03\x03".padEnd(4_096, "\xa7");
    const replies = await Promise.all([
      ask(program.https, CLOSING),
      ask(program.https, garbage),
      ask(program.https, "\x00".repeat(100_000)),
      ask(program.http, garbage),
      ask(program.http, "\x00".repeat(100_000)),
    ]);
    expect(replies.slice(0, 3).map(statusOf)).toEqual([400, 0, 0]);
    expect(replies.slice(3).map(statusOf)).toEqual([400, 400]);
    const wrong = connectTls({ port: program.http, host: "127.0.0.1", rejectUnauthorized: false });
    await expect(once(wrong, "secureConnect")).rejects.toThrow();
    for (let count = 0; count < 50; count++) {
      using client = openClient(program.https);
      client.send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc");
      await once(client.socket, "connect");
      client.socket.resetAndDestroy();
    }
    // Names no certificate can have, as they come.
    for (const servername of ["a..b", `${"a".repeat(63)}.`.repeat(3), "*.a.com", "xn--", "A.COM:443"]) {
      const socket = connectTls({ port: program.https, host: "127.0.0.1", rejectUnauthorized: false, servername });
      await once(socket, "secureConnect");
      socket.destroy();
    }
    expect(statusOf(await ask(program.http, CLOSING))).toBe(200);
    expect(program.isRunning()).toBe(true);
  });

  it("H10 silent connections at its limit: new clients are served on both ports, it is counted and logged", async () => {
    await using endpoint = await startEndpoint((socket) => socket.write(OK));
    const program = await startProgram(endpoint.port, 1_024, ["--max-connections=20"]);
    const silent = [program.http, program.https].flatMap((port) =>
      Array.from({ length: 40 }, () => connect({ port, host: "127.0.0.1" }).on("error", () => undefined)),
    );
    await until("those beyond to be closed", () => silent.filter(({ closed }) => closed).length >= 60);
    expect(statusOf(await ask(program.http, CLOSING))).toBe(200);
    const secure = connectTls({ port: program.https, host: "127.0.0.1", rejectUnauthorized: false });
    secure.write(CLOSING);
    expect(String(await once(secure, "data"))).toMatch(/^HTTP\/1\.1 200 OK/);
    await until("the log to say so", () => program.lines().some((line) => line.includes("reached their limit")));
    const metrics = await ask(program.admin, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const counted = ["displaced", "refused"].map((what) =>
      Number(new RegExp(`^hawser_ingress_connections_${what}_total (\\d+)$`, "m").exec(metrics)?.[1]),
    );
    const [displaced = 0, refused = 0] = counted;
    // Also where one worker was quicker than another and had all it could: each finds one of its own that gives way.
    expect(refused).toBe(0);
    expect(displaced).toBeGreaterThanOrEqual(61);
    for (const socket of [secure, ...silent]) socket.destroy();
  });

  it("200 clients that stop reading a body of 10 MB, each for less than half a megabyte of memory", async () => {
    const body = Buffer.alloc(10_000_000, "x");
    await using endpoint = await startEndpoint((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body);
    });
    const program = await startProgram(endpoint.port, 1_024);
    await ask(program.http, CLOSING);
    const before = residentBytes(program.pid);
    const sockets = Array.from({ length: 200 }, () => connect({ port: program.http, host: "127.0.0.1" }));
    for (const socket of sockets) {
      socket.on("error", () => undefined).pause();
      socket.write(CLOSING);
    }
    await until("all to be asked", () => endpoint.connections.length >= 200);
    const sent = () =>
      endpoint.connections.reduce((sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength, 0);
    await until("the endpoint to be stopped", standsStill(sent));
    const perClient = (residentBytes(program.pid) - before) / sockets.length;
    expect(perClient).toBeLessThan(524_288);
    for (const socket of sockets) socket.destroy();
    await until("the endpoints to be let go", () => endpoint.connections.every(({ destroyed }) => destroyed));
    expect(program.isRunning()).toBe(true);
  });
});
