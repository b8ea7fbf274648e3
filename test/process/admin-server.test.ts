import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type AdminServer, type AdminServerOptions, startAdminServer } from "#src/process/admin-server.ts";
import { createHealth } from "#src/process/health.ts";
import { createLogger } from "#src/process/log.ts";
import { createRegistry } from "#src/process/create-registry.ts";
import { eventually } from "#test/support/eventually.ts";

const log = createLogger({ component: "test", level: "silent" });
const servers: AdminServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: Partial<AdminServerOptions> = {}): Promise<number> {
  const server = startAdminServer({
    port: 0,
    address: "127.0.0.1",
    health: createHealth(["synced", "bound"]),
    registry: createRegistry("test"),
    log,
    ...options,
  });
  servers.push(server);
  return server.listening;
}

async function ask(
  port: number,
  path: string,
  method = "GET",
  host = "127.0.0.1",
): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host, path, method, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", body }),
      );
    });
    asked.on("error", reject).end();
  });
}

describe("startAdminServer()", () => {
  it("is healthy at once, and ready when every condition holds; the body says what is missing", async () => {
    const health = createHealth(["synced", "bound"]);
    const port = await start({ health });
    expect(await ask(port, "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
    expect(await ask(port, "/readyz")).toMatchObject({
      status: 503,
      body: "[-] synced: not yet\n[-] bound: not yet\n",
    });
    health.set("synced", true);
    health.set("bound", false, "port 80 is taken");
    expect(await ask(port, "/readyz?verbose")).toMatchObject({
      status: 503,
      body: "[+] synced\n[-] bound: port 80 is taken\n",
    });
    health.set("bound", true);
    expect(await ask(port, "/readyz")).toMatchObject({ status: 200, body: "[+] synced\n[+] bound\n" });
    health.set("synced", false, "lost");
    expect((await ask(port, "/readyz")).status).toBe(503);
    expect(() => health.set("boundd", true)).toThrow("boundd");
  });

  it("serves metrics in the Prometheus text format, with the process's own and the build", async () => {
    const { status, type, body } = await ask(await start(), "/metrics");
    expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(body).toMatch(
      /^hawser_build_info\{component="test",version="\d+\.\d+\.\d+",node_version="v\d+\.[\d.]+"\} 1$/m,
    );
    expect(body).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it.each([
    { name: "405 to POST", path: "/healthz", method: "POST", status: 405, body: "only GET and HEAD\n" },
    { name: "405 to DELETE", path: "/nowhere", method: "DELETE", status: 405, body: "only GET and HEAD\n" },
    { name: "nothing but headers to HEAD", path: "/healthz", method: "HEAD", status: 200, body: "" },
    { name: "a further route", path: "/state", method: "GET", status: 200, body: "{}" },
    { name: "500 for a route that throws", path: "/broken", method: "GET", status: 500, body: "internal error\n" },
  ])("answers $name", async ({ path, method, status, body }) => {
    const routes = {
      "/state": () => ({ contentType: "application/json", body: "{}" }),
      "/broken": async () => Promise.reject(new Error("no")),
    };
    expect(await ask(await start({ routes }), path, method)).toMatchObject({ status, body });
  });

  it("answers 404 elsewhere and names what there is", async () => {
    const { status, body } = await ask(await start(), "/");
    expect([status, body]).toEqual([404, "not found; try /healthz, /readyz, /metrics\n"]);
  });

  it("H3 answers probes while 100 connections are silent, and another client's connection stays", async () => {
    const port = await start();
    const other = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
    await once(other, "connect");
    const silent: Socket[] = [];
    for (let count = 0; count < 100; count++) {
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      silent.push(socket);
      await once(socket, "connect");
    }
    for (let count = 0; count < 10; count++) expect((await ask(port, "/healthz")).status).toBe(200);
    await vi.waitUntil(() => silent.filter((socket) => socket.closed).length >= 37, eventually);
    expect(silent.slice(0, 37).every((socket) => socket.closed)).toBe(true);
    other.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(String(await once(other, "data"))).toContain("200 OK");
    for (const socket of [other, ...silent]) socket.destroy();
  });

  it("H3 a connection kept alive that is polled outlives 100 silent ones", async () => {
    const port = await start();
    const scraper = connect(port, "127.0.0.1")
      .setEncoding("utf8")
      .on("error", () => undefined);
    const closed = once(scraper, "close").then(() => "closed");
    const poll = async () => {
      if (scraper.destroyed) return "closed";
      scraper.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
      const answered = once(scraper, "data").then(
        ([text]) => String(text).split("\r\n")[0],
        () => "closed",
      );
      return Promise.race([answered, closed]);
    };
    const silent: Socket[] = [];
    const answers = [await poll()];
    for (let count = 0; count < 163; count++) {
      silent.push(connect(port, "127.0.0.1").on("error", () => undefined));
      await once(silent.at(-1)!, "connect");
      if (count % 20 === 0) answers.push(await poll());
    }
    answers.push(await poll());
    expect(answers).toEqual(Array.from({ length: 11 }, () => "HTTP/1.1 200 OK"));
    await vi.waitUntil(() => silent.filter((socket) => socket.closed).length === 100, eventually);
    for (const socket of [scraper, ...silent]) socket.destroy();
  });

  it("H3 a connection with requests under way does not give way to silent ones", async () => {
    const held = Promise.withResolvers<{ contentType: string; body: string }>();
    const port = await start({ routes: { "/slow": async () => held.promise } });
    const silent: Socket[] = [];
    for (let count = 0; count < 63; count++) {
      silent.push(connect(port, "127.0.0.1").on("error", () => undefined));
      await once(silent.at(-1)!, "connect");
    }
    const slow = ask(port, "/slow");
    const later: Socket[] = [];
    for (let count = 0; count < 130; count++) {
      later.push(connect(port, "127.0.0.1").on("error", () => undefined));
      await once(later.at(-1)!, "connect");
    }
    held.resolve({ contentType: "text/plain", body: "at last" });
    expect(await slow).toMatchObject({ status: 200, body: "at last" });
    for (const socket of [...silent, ...later]) socket.destroy();
  });

  it("H3 a silent connection and a slow request head are closed", async () => {
    const port = await start({ silenceMs: 50 });
    const clients = ["", "GET / HT", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"].map((bytes) => {
      const client = connect(port, "127.0.0.1");
      client.resume().write(bytes);
      return client;
    });
    await Promise.all(clients.map((client) => once(client, "close")));
  });

  it("closes while a client holds a connection open", async () => {
    const port = await start();
    const client = connect(port, "127.0.0.1");
    await new Promise((resolve) => client.once("connect", resolve));
    const closed = new Promise((resolve) => client.once("close", resolve));
    await servers.splice(0)[0]?.close();
    await closed;
    expect(client.destroyed).toBe(true);
  });

  const [outside] = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap(({ internal, family, address }) => (!internal && family === "IPv4" ? [address] : [])),
  );
  it.skipIf(outside === undefined)("O14 answers further paths to clients on this host alone", async () => {
    const routes = { "/state": () => ({ contentType: "application/json", body: "{}" }) };
    const port = await start({ routes, address: "0.0.0.0" });
    expect(await ask(port, "/state")).toMatchObject({ status: 200, body: "{}" });
    // Whoever asks at another address of this machine has that one too.
    const other = await ask(port, "/state", "GET", outside);
    expect(other).toMatchObject({ status: 404, body: "not found; try /healthz, /readyz, /metrics\n" });
    expect(await ask(port, "/healthz", "GET", outside)).toMatchObject({ status: 200 });
  });

  it.skipIf(outside === undefined).each([
    { name: "401 without the token", authorization: undefined, path: "/state", status: 401, body: "unauthorized\n" },
    {
      name: "401 with another token",
      authorization: "Bearer no",
      path: "/state?a=b",
      status: 401,
      body: "unauthorized\n",
    },
    { name: "the answer with the token", authorization: "Bearer secret", path: "/state?a=b", status: 200, body: "{}" },
    { name: "404 to other paths", authorization: undefined, path: "/other", status: 404 },
    { name: "health without the token", authorization: undefined, path: "/healthz", status: 200, body: "ok\n" },
    { name: "405 to POST with the token", authorization: "Bearer secret", path: "/state", method: "POST", status: 405 },
  ])(
    "F answers $name to clients elsewhere, where there is one",
    async ({ authorization, path, status, body, method = "GET" }) => {
      const routes = { "/state": () => ({ contentType: "application/json", body: "{}" }) };
      const port = await start({ routes, address: "0.0.0.0", token: async () => Promise.resolve("secret") });
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await fetch(`http://${outside}:${port}${path}`, { method, headers });
      const text = await answer.text();
      expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([
        status,
        status === 401 ? "Bearer" : null,
      ]);
      if (body !== undefined) expect(text).toBe(body);
      expect(await ask(port, "/state")).toMatchObject({ status: 200, body: "{}" });
    },
  );

  it.skipIf(outside === undefined)("F lets none elsewhere in while the token cannot be read", async () => {
    const routes = { "/state": () => ({ contentType: "application/json", body: "{}" }) };
    const port = await start({ routes, address: "0.0.0.0", token: async () => Promise.reject(new Error("gone")) });
    for (const headers of [{}, { authorization: "Bearer x" }])
      expect((await fetch(`http://${outside}:${port}/state`, { headers })).status).toBe(401);
  });
});
