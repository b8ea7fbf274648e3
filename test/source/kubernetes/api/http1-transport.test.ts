import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Problem } from "#src/model/problem.ts";
import { createLogger } from "#src/process/log.ts";
import { ApiClient } from "#src/source/kubernetes/api/client.ts";
import { realTiming } from "#src/source/kubernetes/api/timing.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import { eventually } from "#test/support/eventually.ts";
import { refTo } from "#test/source/contract.ts";
import { ManualTime } from "#test/source/kubernetes/kubernetes-api.ts";

const log = createLogger({ component: "test", level: "silent" });

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Api {
  readonly url: string;
  /** Method and path of all requests, without those that are no HTTP/1.1. */
  readonly requests: string[];
  connections: number;
}

/** A server of HTTP/1.1 and no TLS, as `kubectl proxy` is. */
async function plainServer(answer: (request: IncomingMessage, answer: ServerResponse) => void): Promise<Api> {
  const api = { url: "", requests: [] as string[], connections: 0 };
  const server = createServer((request, response) => {
    api.requests.push(`${request.method} ${request.url?.split("?")[0]}`);
    answer(request, response);
  });
  server.on("connection", () => (api.connections += 1));
  api.url = await listen(server);
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return api;
}

function configOf(server: string) {
  return { server, tls: async () => ({}), token: async () => undefined };
}

const metadata = { name: "a", namespace: "shop", uid: "uid-a", resourceVersion: "1" };

describe("the Kubernetes source over HTTP/1.1", () => {
  it("finds by itself that a server without TLS does not speak HTTP/2, and lists, watches and patches", async () => {
    let watch: ServerResponse | undefined;
    const api = await plainServer((request, answer) => {
      if (request.url?.includes("watch=1")) {
        watch = answer;
        return answer.flushHeaders();
      }
      request.resume();
      request.on("end", () => {
        const version = request.method === "PATCH" ? "3" : "1";
        const object = { metadata: { ...metadata, resourceVersion: version } };
        answer.end(
          JSON.stringify(request.method === "PATCH" ? object : { metadata: { resourceVersion: "1" }, items: [object] }),
        );
      });
    });
    const options = { namespace: "shop", component: "hawser-test", log };
    const source = openKubernetesSource({ config: configOf(api.url), ...options });
    closers.push(async () => source.close());
    const told: Problem[] = [];
    await source.open(["Service"], { onChange: () => undefined, onProblems: (_, problems) => told.push(...problems) });
    await vi.waitFor(() => expect(watch).toBeDefined(), eventually);
    const line = JSON.stringify({
      type: "ADDED",
      object: { metadata: { ...metadata, name: "b", resourceVersion: "2" } },
    });
    watch?.write(line.slice(0, 30));
    watch?.write(`${line.slice(30)}\n`);
    const keys = (): readonly string[] => [...source.list("Service").keys()];
    await vi.waitFor(() => expect(keys()).toEqual(["shop/a", "shop/b"]), eventually);
    for (let count = 0; count < 10; count++)
      await source.patch(refTo("a"), { annotations: { count: String(count) } }).catch(() => undefined);
    expect(api.requests).toContain("PATCH /api/v1/namespaces/shop/services/a/status");
    expect(told).toEqual([]);
    // The try at HTTP/2, the watch, and one that all else shares.
    expect(api.connections).toBeLessThanOrEqual(3);
  });

  it("reads again on another connection when the server just closed the kept one", async () => {
    let count = 0;
    const api = await plainServer((_, answer) => {
      count += 1;
      // The second request on a connection finds it closed.
      if (count === 2) answer.socket?.destroy();
      else answer.end("{}");
    });
    const client = new ApiClient(configOf(api.url), realTiming);
    closers.push(async () => Promise.resolve(client.close()));
    const get = async () => client.request({ method: "GET", path: "/version" });
    expect((await get()).kind).toBe("ok");
    expect((await get()).kind).toBe("ok");
    expect(count).toBe(3);
    await expect(client.request({ method: "POST", path: "/x", body: {} })).resolves.toMatchObject({ kind: "ok" });
  });

  it("does not send a write again whose connection broke: it may have been carried out", async () => {
    let writes = 0;
    const api = await plainServer((request, answer) => {
      if (request.method === "GET") answer.end("{}");
      else {
        writes += 1;
        answer.socket?.destroy();
      }
    });
    const client = new ApiClient(configOf(api.url), realTiming);
    closers.push(async () => Promise.resolve(client.close()));
    await client.request({ method: "GET", path: "/version" });
    await expect(client.request({ method: "POST", path: "/x", body: {} })).rejects.toThrow();
    expect(writes).toBe(1);
  });
});

describe("ApiClient", () => {
  it("gives a server up that accepts connections and says nothing", async () => {
    const server = createTcpServer((socket) => socket.on("error", () => undefined));
    const url = await listen(server);
    const time = new ManualTime();
    const client = new ApiClient(configOf(url), { delay: time.delay, chance: () => 0, clock: () => time.nowMs });
    closers.push(async () => Promise.resolve(client.close()));
    const rejects = expect(client.request({ method: "GET", path: "/version" })).rejects.toThrow("says nothing");
    await vi.waitFor(() => expect(time.asked.filter((ms) => ms === 10_000)).toHaveLength(2), eventually);
    time.advance(10_000);
    await rejects;
    server.close();
  });

  it("ends at once while such a server says nothing, and leaves no connection behind", async () => {
    let isConnected = false;
    const server = createTcpServer((socket) => {
      isConnected = true;
      socket.on("error", () => undefined).on("close", () => (isConnected = false));
      socket.resume();
    });
    const url = await listen(server);
    const time = new ManualTime();
    const client = new ApiClient(configOf(url), { delay: time.delay, chance: () => 0, clock: () => time.nowMs });
    const rejects = expect(client.request({ method: "GET", path: "/version" })).rejects.toThrow();
    await vi.waitFor(() => expect(isConnected).toBe(true), eventually);
    await vi.waitFor(() => expect(time.asked.filter((ms) => ms === 10_000)).toHaveLength(2), eventually);
    client.close();
    await rejects;
    await vi.waitFor(() => expect(isConnected).toBe(false), eventually);
    server.close();
  });
});
