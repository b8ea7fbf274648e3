import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Problem } from "#src/model/problem.ts";
import { listenWithRetry, type ListenHandle } from "#src/process/listen.ts";
import { createLogger } from "#src/process/log.ts";
import { eventually } from "#test/support/eventually.ts";

const log = createLogger({ component: "test", level: "silent" });

/** Ports from this one up need no capability; container runtimes often set it to 0. */
const firstUnprivileged = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Another process that listens on a port of its own choice. */
async function holdPort(address: string): Promise<{ child: ChildProcess; port: number }> {
  const script = `
    const server = require("node:net").createServer().listen(0, ${JSON.stringify(address)}, () => {
      process.stdout.write(String(server.address().port));
    });`;
  const child = spawn(process.execPath, ["--input-type=commonjs", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  closers.push(() => child.kill("SIGKILL"));
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { child, port: Number(said.toString()) };
}

function listen(
  port: number,
  address: string,
): { server: Server; handle: ListenHandle; problems: Problem[]; ports: number[] } {
  const server = createServer();
  const problems: Problem[] = [];
  const ports: number[] = [];
  const onProblem = (problem: Problem): void => void problems.push(problem);
  const onListening = (bound: number): void => void ports.push(bound);
  const handle = listenWithRetry(server, { port, address, log, name: "http", onListening, onProblem });
  closers.push(() => handle.close());
  return { server, handle, problems, ports };
}

describe("listenWithRetry()", () => {
  it("listens at once where it can, and tells the port the kernel chose", async () => {
    const { handle, ports, problems } = listen(0, "127.0.0.1");
    await vi.waitFor(() => expect(ports.length).toBe(1), eventually);
    expect(ports[0]).toBe(handle.port);
    expect(handle.port).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });

  it.each([
    { name: "the same address", holds: "127.0.0.1", wants: "127.0.0.1" },
    { name: "all IPv4 addresses", holds: "0.0.0.0", wants: "127.0.0.1" },
    { name: "all addresses of both families", holds: "::", wants: "0.0.0.0" },
    { name: "one of the addresses wanted", holds: "127.0.0.1", wants: "0.0.0.0" },
  ])(
    "names the process that holds the port on $name, once, and takes the port when it is free",
    async ({ holds, wants }) => {
      const { child, port } = await holdPort(holds);
      const { server, problems, ports } = listen(port, wants);
      let tries = 0;
      server.on("error", () => (tries += 1));
      // The search for the owner runs beside the tries, and takes longer the more processes there are.
      await vi.waitFor(() => expect(problems.map(({ code }) => code)).toEqual(["PORT_IN_USE"]), eventually);
      const triesBefore = tries;
      await vi.waitFor(() => expect(tries).toBeGreaterThan(triesBefore + 2), eventually);
      expect(problems[0]?.what).toBe(`Cannot listen on ${wants}:${port}`);
      expect(problems[0]?.why).toContain(`process ${child.pid} (`);
      child.kill("SIGKILL");
      await vi.waitFor(() => expect(ports).toEqual([port]), eventually);
      expect(problems.length).toBe(1);
    },
  );

  it("H20 pauses at most a second between two tries", async () => {
    const { port } = await holdPort("127.0.0.1");
    const pauses: number[] = [];
    const spy = vi.spyOn(globalThis, "setTimeout");
    const { server } = listen(port, "127.0.0.1");
    server.on("error", () => pauses.push(spy.mock.calls.at(-1)?.[1] ?? Number.NaN));
    await vi.waitUntil(() => pauses.length >= 4, eventually);
    spy.mockRestore();
    expect(Math.max(...pauses.slice(0, 4))).toBe(1_000);
  });

  it("does not mistake a listener on another address for the one in the way", async () => {
    const { port } = await holdPort("127.0.0.2");
    const { ports, problems } = listen(port, "127.0.0.1");
    await vi.waitFor(() => expect(ports).toEqual([port]), eventually);
    expect(problems).toEqual([]);
  });

  it("says which address this host does not have", async () => {
    const { problems } = listen(0, "192.0.2.1");
    await vi.waitFor(() => expect(problems.length).toBe(1), eventually);
    expect(problems[0]).toMatchObject({ code: "LISTEN_FAILED", what: "Cannot listen on 192.0.2.1:0" });
    expect(problems[0]?.why).toContain("EADDRNOTAVAIL");
  });

  it.skipIf(firstUnprivileged <= 1)("names the capability that a low port needs", async () => {
    const script = `
      const { listenWithRetry } = await import("#src/process/listen.ts");
      const { createLogger } = await import("#src/process/log.ts");
      const log = createLogger({ component: "test", level: "silent" });
      const onProblem = ({ code, why }) => (process.stdout.write(code + ": " + why), process.exit(0));
      listenWithRetry((await import("node:net")).createServer(), { port: 1, address: "127.0.0.1", log, name: "http", onProblem });`;
    const node = [process.execPath, "--input-type=module", "-e", script];
    const drop = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"];
    const [file = "", ...args] = process.getuid?.() === 0 ? [...drop, ...node] : node;
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    expect(said.toString()).toBe("PORT_FORBIDDEN: port 1 needs the capability CAP_NET_BIND_SERVICE");
  });

  it("tries no more after close()", async () => {
    const { child, port } = await holdPort("127.0.0.1");
    const { handle, problems, server, ports } = listen(port, "127.0.0.1");
    await vi.waitFor(() => expect(problems.length).toBe(1), eventually);
    handle.close();
    child.kill("SIGKILL");
    await once(child, "exit");
    // Whoever listens next on that port gets it: ours would have been first in line.
    const next = listen(port, "127.0.0.1");
    await vi.waitFor(() => expect(next.ports).toEqual([port]), eventually);
    expect([server.listening, ports]).toEqual([false, []]);
  });

  it("after stopTrying() takes no port that it does not have, and keeps one that it has", async () => {
    const { child, port } = await holdPort("127.0.0.1");
    const waiting = listen(port, "127.0.0.1");
    await vi.waitFor(() => expect(waiting.problems.length).toBe(1), eventually);
    const listening = listen(0, "127.0.0.1");
    await vi.waitFor(() => expect(listening.ports).toHaveLength(1), eventually);
    const atOnce = listen(0, "127.0.0.1");
    for (const { handle } of [waiting, listening, atOnce]) handle.stopTrying();
    child.kill("SIGKILL");
    await once(child, "exit");
    const next = listen(port, "127.0.0.1");
    await vi.waitFor(() => expect(next.ports).toEqual([port]), eventually);
    expect([waiting, listening, atOnce].map(({ server }) => server.listening)).toEqual([false, true, false]);
  });
});
