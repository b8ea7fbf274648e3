import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { keyOf, type ObjectRef } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { createLogger } from "#src/process/log.ts";
import type { ApiConfig } from "#src/source/kubernetes/api/api-config.ts";
import { TokenFile } from "#src/source/kubernetes/api/token-file.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import type { Source } from "#src/source/source.ts";
import { eventually } from "#test/support/eventually.ts";
import { refTo } from "#test/source/contract.ts";
import { Cable, isCheck, ManualTime, type Received, ScriptedApi } from "./kubernetes-api.ts";

const log = createLogger({ component: "test", level: "silent" });

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Setup {
  readonly api: ScriptedApi;
  readonly time: ManualTime;
  readonly source: Source;
  readonly ready: Promise<void>;
  /** Keys of the objects that onChange told of, oldest first. */
  readonly changes: string[];
  /** All calls of onProblems, as codes. */
  readonly told: (readonly string[])[];
  readonly keys: () => readonly string[];
}

async function setUp(script: (request: Received) => void, config: Partial<ApiConfig> = {}): Promise<Setup> {
  const api = await ScriptedApi.start();
  api.answer = script;
  const time = new ManualTime();
  const given: ApiConfig = { server: api.url, tls: async () => ({}), token: async () => undefined, ...config };
  const timing = { delay: time.delay, chance: () => 0, clock: () => time.nowMs };
  const source = openKubernetesSource({ config: given, namespace: "shop", component: "hawser-test", log, ...timing });
  closers.push(async () => api[Symbol.asyncDispose]());
  // Reports and Events of a test that wait for an answer must not hold its end up.
  closers.push(async () => source.close());
  const changes: string[] = [];
  const told: (readonly string[])[] = [];
  const ready = source.open(["Service"], {
    onChange: (changed: readonly ObjectRef[]) => changes.push(...changed.map(keyOf)),
    onProblems: (_, problems: readonly Problem[]) => told.push(problems.map(({ code }) => code)),
  });
  return { api, time, source, ready, changes, told, keys: () => [...source.list("Service").keys()].sort() };
}

function service(name: string, resourceVersion: number, more: Readonly<Record<string, unknown>> = {}) {
  const metadata = { name, namespace: "shop", uid: `uid-${name}`, resourceVersion: String(resourceVersion) };
  return { metadata, spec: { type: "LoadBalancer", ports: [{ port: 80 }] }, status: { loadBalancer: {} }, ...more };
}

function listOf(resourceVersion: number, items: readonly unknown[], next?: string) {
  return { kind: "ServiceList", metadata: { resourceVersion: String(resourceVersion), continue: next }, items };
}

function status(code: number, message: string) {
  return { kind: "Status", status: "Failure", code, message };
}

const bookmark = (resourceVersion: number) =>
  ["BOOKMARK", { metadata: { resourceVersion: String(resourceVersion) } }] as const;

/** Answers lists with the given ones in turn (the last for ever), and begins watches. */
function lists(...answers: readonly unknown[]): (request: Received) => void {
  const left = [...answers];
  return (request) => {
    if (request.query.get("watch") === "1") request.begin();
    else if (isCheck(request)) request.answer(200, listOf(1_000_000, []));
    else request.answer(200, left.length > 1 ? left.shift() : left[0]);
  };
}

async function nextWatch({ api }: Setup, count: number): Promise<Received> {
  await vi.waitFor(() => expect(api.watches).toHaveLength(count), eventually);
  return api.watches[count - 1] as Received;
}

/** The next watch, for which a pause has to end. */
async function passed(setup: Setup, count: number): Promise<Received> {
  await passUntil(setup, 100, () => expect(setup.api.watches).toHaveLength(count));
  return nextWatch(setup, count);
}

/** Time passes whenever somebody waits, until the condition holds. */
async function passUntil({ time }: Setup, ms: number, condition: () => void): Promise<void> {
  await vi.waitFor(() => {
    time.advance(ms);
    condition();
  }, eventually);
}

describe("openKubernetesSource() lists", () => {
  it("in pages, and shows nothing before the last one", async () => {
    const setup = await setUp(() => undefined);
    const asked = async (count: number): Promise<Received> => {
      await vi.waitFor(() => expect(setup.api.lists).toHaveLength(count), eventually);
      return setup.api.lists[count - 1] as Received;
    };
    const first = await asked(1);
    expect(Object.fromEntries(first.query)).toEqual({ limit: "500" });
    first.answer(200, listOf(10, [service("a", 1)], "page two"));
    const second = await asked(2);
    expect(Object.fromEntries(second.query)).toEqual({ limit: "500", continue: "page two" });
    expect(setup.changes).toEqual([]);
    second.answer(200, listOf(10, [service("b", 2)]));
    await setup.ready;
    expect([setup.keys(), setup.changes]).toEqual([
      ["shop/a", "shop/b"],
      ["shop/a", "shop/b"],
    ]);
    const watch = await nextWatch(setup, 1);
    expect(Object.fromEntries(watch.query)).toEqual({
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: "10",
      timeoutSeconds: "300",
    });
  });

  it("the whole at once, when a page is asked for too late (410)", async () => {
    const setup = await setUp((request) => {
      if (request.query.get("watch") === "1") request.begin();
      else if (request.query.has("continue")) request.answer(410, status(410, "the token is too old"));
      else if (request.query.has("limit")) request.answer(200, listOf(10, [service("a", 1), service("b", 2)], "next"));
      else request.answer(200, listOf(12, [service("b", 11), service("c", 3)]));
    });
    await setup.ready;
    expect(setup.keys()).toEqual(["shop/b", "shop/c"]);
    expect((await nextWatch(setup, 1)).query.get("resourceVersion")).toBe("12");
  });

  it("again and again where the server fails, more and more slowly, and tells it once", async () => {
    let failures = 0;
    const setup = await setUp((request) => {
      if (request.query.get("watch") === "1") request.begin();
      else if (failures++ < 6) request.answer(500, status(500, "etcd is away"));
      else request.answer(200, listOf(1, []));
    });
    await passUntil(setup, 100, () => expect(setup.api.lists).toHaveLength(7));
    await setup.ready;
    const pauses = setup.time.asked.filter((ms) => ms < 5_000);
    expect(pauses.slice(0, 6)).toEqual([125, 250, 500, 1_000, 2_000, 2_500]);
    expect(setup.told).toEqual([["API_SERVER_UNREACHABLE"], []]);
  });

  it.each([401, 403])("and says at once when it may not (%i)", async (code) => {
    const setup = await setUp((request) => request.answer(code, status(code, "no")));
    await vi.waitFor(() => expect(setup.told).toEqual([["API_ACCESS_REFUSED"]]), eventually);
  });
});

describe("openKubernetesSource() watches", () => {
  it("and takes what is added, modified and deleted", async () => {
    const setup = await setUp(lists(listOf(10, [service("a", 1)])));
    const watch = await nextWatch(setup, 1);
    setup.changes.length = 0;
    watch.events(["ADDED", service("b", 11)], ["MODIFIED", service("a", 12)], ["DELETED", service("b", 13)]);
    await vi.waitFor(() => expect(setup.changes).toEqual(["shop/b", "shop/a", "shop/b"]), eventually);
    expect(setup.keys()).toEqual(["shop/a"]);
  });

  it("and goes on from the last whole line, when it is cut within one", async () => {
    const setup = await setUp(lists(listOf(10, [])));
    const watch = await nextWatch(setup, 1);
    const [whole, half] = [service("a", 11), service("b", 12)].map((object) =>
      JSON.stringify({ type: "ADDED", object }),
    );
    watch.stream.write(`${whole}\n${half?.slice(0, 60)}`);
    await vi.waitFor(() => expect(setup.keys()).toEqual(["shop/a"]), eventually);
    watch.session.destroy();
    await passUntil(setup, 100, () => expect(setup.api.watches).toHaveLength(2));
    const again = await nextWatch(setup, 2);
    expect(again.query.get("resourceVersion")).toBe("11");
    again.events(["ADDED", service("b", 12)]);
    await vi.waitFor(() => expect(setup.keys()).toEqual(["shop/a", "shop/b"]), eventually);
    expect([setup.api.lists.length, setup.told]).toEqual([1, []]);
  });

  it("and goes on from a bookmark, when the server ends it", async () => {
    const setup = await setUp(lists(listOf(10, [])));
    const watch = await nextWatch(setup, 1);
    watch.events(bookmark(99));
    watch.stream.end();
    await passUntil(setup, 100, () => expect(setup.api.watches).toHaveLength(2));
    expect(setup.api.watches[1]?.query.get("resourceVersion")).toBe("99");
    expect(setup.api.lists).toHaveLength(1);
  });

  it.each([
    { name: "as the answer", refuse: (watch: Received) => watch.answer(410, status(410, "too old")) },
    {
      name: "in the stream",
      refuse: (watch: Received) => {
        watch.begin();
        watch.events(["ERROR", status(410, "too old")]);
        watch.stream.end();
      },
    },
  ])("and lists anew after 410 Gone $name, while all that is known stays", async ({ refuse }) => {
    let relist: Received | undefined;
    const setup = await setUp((request) => {
      if (request.query.get("watch") === "1") return setup.api.watches.length === 1 ? undefined : request.begin();
      if (setup.api.lists.length > 1) relist = request;
      else request.answer(200, listOf(10, [service("a", 1), service("b", 2), service("c", 3)]));
    });
    await setup.ready;
    const before = setup.source.list("Service");
    setup.changes.length = 0;
    refuse(await nextWatch(setup, 1));
    await passUntil(setup, 100, () => expect(relist).toBeDefined());
    expect(setup.source.list("Service")).toBe(before);
    relist?.answer(200, listOf(20, [service("a", 1), service("b", 15), service("d", 16)]));
    await vi.waitFor(() => expect(setup.keys()).toEqual(["shop/a", "shop/b", "shop/d"]), eventually);
    expect(setup.source.list("Service").get("shop/a")).toBe(before.get("shop/a"));
    expect(setup.changes.sort()).toEqual(["shop/b", "shop/c", "shop/d"]);
    expect([...before.keys()]).toEqual(["shop/a", "shop/b", "shop/c"]);
    expect(setup.told).toEqual([]);
  });

  it("and begins anew where one falls silent, though its connection lives", async () => {
    const setup = await setUp(lists(listOf(10, [])));
    const watch = await nextWatch(setup, 1);
    const pings = (): number => setup.time.asked.filter((ms) => ms === 15_000).length;
    for (const version of [11, 12]) {
      watch.events(bookmark(version), ["MODIFIED", service("a", version)]);
      const seen = (): string | undefined => setup.source.list("Service").get("shop/a")?.metadata.resourceVersion;
      await vi.waitFor(() => expect(seen()).toBe(String(version)), eventually);
      const before = pings();
      setup.time.advance(150_000);
      await vi.waitFor(() => expect(setup.time.isAwaited(150_000)).toBe(true), eventually);
      // A PING was sent and answered: the connection lives.
      await vi.waitFor(() => expect(pings()).toBe(before + 2), eventually);
    }
    expect(setup.api.watches).toHaveLength(1);
    setup.time.advance(150_000);
    const again = await passed(setup, 2);
    expect(again.query.get("resourceVersion")).toBe("12");
    expect(again.session).toBe(watch.session);
    expect(setup.api.lists).toHaveLength(1);
  });

  it("and passes over lines that are no events, saying so once", async () => {
    const setup = await setUp(lists(listOf(10, [])));
    const watch = await nextWatch(setup, 1);
    watch.stream.write('<html>\n{"type":"SURPRISE","object":{}}\n\n[1]\n');
    watch.events(["ADDED", service("a", 11)]);
    await vi.waitFor(() => expect(setup.keys()).toEqual(["shop/a"]), eventually);
    expect(setup.told).toEqual([["WATCH_LINE_UNREADABLE"]]);
  });

  it("and refuses a server that went back in time, with all it says", async () => {
    const setup = await setUp(lists(listOf(1_000, [service("a", 900)]), listOf(3, [])));
    const watch = await nextWatch(setup, 1);
    watch.events(["ERROR", status(410, "too old")]);
    watch.stream.end();
    await passUntil(setup, 100, () => expect(setup.told).toEqual([["API_SERVER_WENT_BACK"]]));
    await passUntil(setup, 1_000, () => expect(setup.api.lists.length).toBeGreaterThan(3));
    expect(setup.keys()).toEqual(["shop/a"]);
  });

  it("and asks, after a cut, whether the server still is where it was", async () => {
    let version = 1_000;
    const setup = await setUp((request) => {
      if (request.query.get("watch") === "1") request.begin();
      else request.answer(200, listOf(version, [service("a", 900)]));
    });
    (await nextWatch(setup, 1)).session.destroy();
    (await passed(setup, 2)).events(bookmark(1_001));
    const checks = (): number => setup.api.received.filter(isCheck).length;
    expect([checks(), setup.api.lists.length, setup.told]).toEqual([1, 1, []]);
    version = 3;
    setup.api.watches[1]?.session.destroy();
    await passUntil(setup, 100, () => expect(setup.told.at(-1)).toEqual(["API_SERVER_WENT_BACK"]));
    expect([setup.keys(), setup.api.watches.length]).toEqual([["shop/a"], 2]);
    version = 1_001;
    await passed(setup, 3);
  });

  it("and lists anew where it is refused three times for another reason", async () => {
    const setup = await setUp((request) => {
      if (request.query.get("watch") !== "1") request.answer(200, listOf(10, []));
      else if (setup.api.watches.length < 4) request.answer(504, status(504, "Too large resource version"));
      else request.begin();
    });
    await passUntil(setup, 100, () => expect(setup.api.watches).toHaveLength(4));
    expect(setup.api.lists).toHaveLength(2);
  });
});

describe("openKubernetesSource() keeps a connection", () => {
  it("one for all, and makes it anew when it is lost", async () => {
    const setup = await setUp(lists(listOf(10, [])));
    const watch = await nextWatch(setup, 1);
    expect(setup.api.sessions.size).toBe(1);
    watch.session.destroy();
    await passUntil(setup, 100, () => expect(setup.api.watches).toHaveLength(2));
    expect([setup.api.sessions.size, setup.api.lists.length, setup.told]).toEqual([1, 1, []]);
  });

  it("and leaves one that the server wants to end, when its watch has ended", async () => {
    const setup = await setUp((request) => {
      if (request.method === "PATCH") request.answer(200, service("a", 12));
      else lists(listOf(10, [service("a", 1)]))(request);
    });
    const watch = await nextWatch(setup, 1);
    watch.session.goaway(0);
    await vi.waitFor(async () => {
      await setup.source.patch(refTo("a"), { annotations: { x: String(setup.api.received.length) } });
      expect(setup.api.sessions.size).toBe(2);
    }, eventually);
    watch.events(["ADDED", service("b", 13)]);
    await vi.waitFor(() => expect(setup.keys()).toEqual(["shop/a", "shop/b"]), eventually);
  });

  it("and finds a dead one by PING", async () => {
    const api = await ScriptedApi.start();
    const cable = new Cable(api.port);
    closers.push(
      async () => api[Symbol.asyncDispose](),
      async () => cable[Symbol.asyncDispose](),
    );
    const server = await cable.listen();
    const setup = await setUp(() => undefined, { server });
    api.answer = lists(listOf(10, []));
    const watches = (): number => api.watches.length;
    await vi.waitFor(() => expect(watches()).toBe(1), eventually);
    for (let pings = 0; pings < 5; pings++) {
      await vi.waitFor(() => expect(setup.time.isAwaited(15_000)).toBe(true), eventually);
      const asked = setup.time.asked.length;
      setup.time.advance(15_000);
      // The PING's deadline, and when its answer came the next pause.
      await vi.waitFor(() => expect(setup.time.asked.length).toBeGreaterThanOrEqual(asked + 2), eventually);
    }
    expect(cable.connections).toBe(1);
    cable.isCut = true;
    setup.time.advance(15_000);
    await vi.waitFor(() => expect(setup.time.isAwaited(15_000)).toBe(true), eventually);
    setup.time.advance(15_000);
    await vi.waitFor(() => expect(setup.time.asked.at(-1)).toBe(125), eventually);
    cable.isCut = false;
    await passUntil(setup, 100, () => expect(watches()).toBe(2));
    expect(cable.connections).toBe(2);
  });

  it("and uses the token that is in the file now, when the one before is refused", async () => {
    const directory = mkdtempSync(join(tmpdir(), "hawser-token-"));
    closers.push(async () => rmSync(directory, { recursive: true }));
    const path = join(directory, "token");
    writeFileSync(path, "old\n");
    const file = new TokenFile(path);
    const script = (request: Received): void => {
      if (request.headers.authorization !== "Bearer new") request.answer(401, status(401, "Unauthorized"));
      else lists(listOf(10, []))(request);
    };
    const token = async (isRefused: boolean): Promise<string> => {
      if (isRefused) writeFileSync(path, "new\n");
      return file.token(isRefused);
    };
    const setup = await setUp(script, { token });
    await setup.ready;
    expect(setup.api.lists.map(({ headers }) => headers.authorization)).toEqual(["Bearer old", "Bearer new"]);
    await nextWatch(setup, 1);
    expect(setup.told).toEqual([]);
  });

  it("and lets no more than 32 requests through at once", async () => {
    const held: Received[] = [];
    const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
    const setup = await setUp((request) => {
      if (request.method === "PATCH") held.push(request);
      else
        lists(
          listOf(
            10,
            names.map((name) => service(name, 1)),
          ),
        )(request);
    });
    await setup.ready;
    const patches = names.map(async (name) => setup.source.patch(refTo(name), { annotations: { x: "1" } }));
    await vi.waitFor(() => expect(held).toHaveLength(32), eventually);
    held[0]?.answer(409, status(409, "changed"));
    await vi.waitFor(() => expect(held).toHaveLength(33), eventually);
    while (held.length < 50) {
      for (const request of held) if (!request.stream.writableEnded) request.answer(409, status(409, "changed"));
      await vi.waitFor(() => expect(held.some(({ stream }) => !stream.writableEnded)).toBe(true), eventually);
    }
    for (const request of held) if (!request.stream.writableEnded) request.answer(409, status(409, "changed"));
    expect(await Promise.all(patches)).toEqual(names.map(() => "conflict"));
  });
});

describe("openKubernetesSource() patches", () => {
  const address = { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } };

  async function patching(answer: (request: Received) => void): Promise<Setup> {
    const setup = await setUp((request) => {
      if (request.method === "PATCH") answer(request);
      else lists(listOf(10, [service("a", 1)]))(request);
    });
    await setup.ready;
    return setup;
  }

  it("this version of this object alone, and shows the answer at once", async () => {
    const stored = { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] } };
    const setup = await patching((request) => request.answer(200, service("a", 12, { status: stored })));
    expect(await setup.source.patch(refTo("a"), { ...address, annotations: { x: "1" } })).toBe("written");
    expect(setup.source.list("Service").get("shop/a")).toMatchObject({ status: stored });
    const request = setup.api.received.find(({ method }) => method === "PATCH");
    expect(request).toMatchObject({
      path: "/api/v1/namespaces/shop/services/a/status",
      headers: { "content-type": "application/merge-patch+json" },
      body: { metadata: { uid: "uid-a", resourceVersion: "1", annotations: { x: "1" } }, status: stored },
    });
    const watch = await nextWatch(setup, 1);
    const object = setup.source.list("Service").get("shop/a");
    watch.events(["MODIFIED", service("a", 11)], ["MODIFIED", service("a", 12)], ["ADDED", service("b", 13)]);
    await vi.waitFor(() => expect(setup.keys()).toEqual(["shop/a", "shop/b"]), eventually);
    expect(setup.source.list("Service").get("shop/a")).toBe(object);
  });

  it("and does not raise an object from the dead, when the answer comes after its deletion", async () => {
    let held: Received | undefined;
    const setup = await patching((request) => (held = request));
    const watch = await nextWatch(setup, 1);
    const patch = setup.source.patch(refTo("a"), address);
    await vi.waitFor(() => expect(held).toBeDefined(), eventually);
    watch.events(["DELETED", service("a", 13)]);
    await vi.waitFor(() => expect(setup.keys()).toEqual([]), eventually);
    held?.answer(200, service("a", 12));
    await patch;
    expect(setup.keys()).toEqual([]);
  });

  it.each([
    { status: 409, is: "conflict" },
    { status: 404, is: "gone" },
  ])("and says $is for $status", async ({ status: code, is }) => {
    const setup = await patching((request) => request.answer(code, status(code, "no")));
    expect(await setup.source.patch(refTo("a"), address)).toBe(is);
  });

  it("and says unchanged where the server saw no difference", async () => {
    const setup = await patching((request) => request.answer(200, service("a", 1)));
    expect(await setup.source.patch(refTo("a"), address)).toBe("unchanged");
  });

  it.each([422, 500])("and rejects for %i, with the server's words", async (code) => {
    const setup = await patching((request) => request.answer(code, status(code, "because")));
    const rejects = { code: `HTTP_${code}`, message: `patch Service shop/a: ${code} because` };
    await expect(setup.source.patch(refTo("a"), address)).rejects.toMatchObject(rejects);
  });

  it("and waits as long as the server asks it to (429, Retry-After)", async () => {
    let busy = 2;
    const setup = await patching((request) => {
      if (busy-- > 0) request.answer(429, status(429, "too many requests"), { "retry-after": "7" });
      else request.answer(200, service("a", 12));
    });
    const patches = (): number => setup.api.received.filter(({ method }) => method === "PATCH").length;
    const patch = setup.source.patch(refTo("a"), address);
    for (const count of [1, 2]) {
      await vi.waitFor(() => expect(setup.time.isAwaited(7_000)).toBe(true), eventually);
      expect(patches()).toBe(count);
      setup.time.advance(7_000);
    }
    expect(await patch).toBe("written");
    expect(patches()).toBe(3);
  });

  it("and sends again what the server refused to look at", async () => {
    let refused = 0;
    const setup = await patching((request) => {
      if (refused++ < 2) request.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else request.answer(200, service("a", 12));
    });
    expect(await setup.source.patch(refTo("a"), address)).toBe("written");
    refused = -9;
    await expect(setup.source.patch(refTo("a"), address)).rejects.toMatchObject({ code: "EUNSENT" });
    expect(refused).toBe(-6);
  });

  it("and rejects when no answer comes in time, or the connection is lost", async () => {
    const held: Received[] = [];
    const setup = await patching((request) => held.push(request));
    const late = setup.source.patch(refTo("a"), address);
    let end: unknown;
    late.catch((error: unknown) => (end = error));
    await vi.waitFor(() => expect(held).toHaveLength(1), eventually);
    setup.time.advance(29_999);
    expect(end).toBeUndefined();
    // The list began some milliseconds before it: the timer for both is set for the rest then.
    await passUntil(setup, 1_000, () => expect(end).toMatchObject({ code: "ETIMEDOUT" }));
    const lost = setup.source.patch(refTo("a"), address);
    const rejectsLost = expect(lost).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
    await vi.waitFor(() => expect(held).toHaveLength(2), eventually);
    held[1]?.session.destroy();
    await rejectsLost;
  });
});

describe("openKubernetesSource() ends", () => {
  it("at once, also while there is no API server, and open() with it", async () => {
    const api = await ScriptedApi.start();
    const server = api.url;
    await api[Symbol.asyncDispose]();
    const setup = await setUp(() => undefined, { server });
    await vi.waitFor(() => expect(setup.time.asked).toContain(125), eventually);
    await setup.source.close();
    await setup.ready;
    expect(setup.keys()).toEqual([]);
  });
});

describe("openKubernetesSource() records Events", () => {
  it("of which it keeps 10,000 while the server is slow, and ends all the same", async () => {
    const posted: Received[] = [];
    const setup = await setUp((request) => {
      if (request.method === "POST") posted.push(request);
      else lists(listOf(10, [service("a", 1)]))(request);
    });
    await setup.ready;
    for (let count = 0; count < 12_000; count++)
      setup.source.record({ about: refTo("a"), type: "Normal", reason: "Test", message: `message ${count}` });
    await vi.waitFor(() => expect(posted).toHaveLength(1), eventually);
    posted[0]?.answer(201, {});
    await vi.waitFor(() => expect(posted).toHaveLength(2), eventually);
    expect(posted.map(({ body }) => (body as { message: string }).message)).toEqual(["message 0", "message 2000"]);
    const closed = setup.source.close();
    await vi.waitFor(() => expect(setup.time.isAwaited(2_000)).toBe(true), eventually);
    setup.time.advance(2_000);
    await closed;
    expect(posted).toHaveLength(2);
  });
});
