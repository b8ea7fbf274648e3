import { afterEach, describe, expect, it, vi } from "vitest";
import type { Problem } from "#src/model/problem.ts";
import { createLogger } from "#src/process/log.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import { MAX_WATCHES } from "#src/source/kubernetes/read/followed-objects.ts";
import type { Source } from "#src/source/source.ts";
import { eventually } from "#test/support/eventually.ts";
import { isCheck, ManualTime, type Received, ScriptedApi } from "#test/source/kubernetes/kubernetes-api.ts";

const log = createLogger({ component: "test", level: "silent" });

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An API server that holds Secrets of the namespace `shop`, and refuses those of `closed`. */
class Secrets {
  readonly time = new ManualTime();
  readonly versions = new Map<string, number>();
  readonly problems = new Map<string, readonly Problem[]>();
  readonly changes: string[] = [];
  /** Watches that are open, by name; and the most there ever were. */
  readonly open = new Map<string, Received>();
  most = 0;
  /** Names that were listed, in order. */
  readonly listed: string[] = [];
  source!: Source;
  api!: ScriptedApi;

  static async start(): Promise<Secrets> {
    const secrets = new Secrets();
    const api = await ScriptedApi.start();
    const { time } = secrets;
    secrets.api = api;
    api.answer = (request) => secrets.#answer(request);
    const config = { server: api.url, tls: async () => ({}), token: async () => undefined };
    const timing = { delay: time.delay, chance: () => 0, clock: () => time.nowMs };
    secrets.source = openKubernetesSource({ config, namespace: "hawser", component: "hawser-test", log, ...timing });
    closers.push(async () => api[Symbol.asyncDispose]());
    closers.push(async () => secrets.source.close());
    await secrets.source.open([], {
      onChange: (refs) => secrets.changes.push(...refs.map(({ name }) => name)),
      onProblems: (where, problems) => secrets.problems.set(where, problems),
    });
    return secrets;
  }

  follow(...names: readonly string[]): Promise<void> {
    return this.source.follow("Secret", new Set(names.map((name) => (name.includes("/") ? name : `shop/${name}`))));
  }

  keys(): readonly string[] {
    return [...this.source.list("Secret").keys()].sort();
  }

  versionOf(name: string): string | undefined {
    return this.source.list("Secret").get(`shop/${name}`)?.metadata.resourceVersion;
  }

  /** How many pauses of this length began so far. */
  pausesOf(ms: number): number {
    return this.time.asked.filter((asked) => asked === ms).length;
  }

  put(name: string, version: number): void {
    const type = this.versions.has(name) ? "MODIFIED" : "ADDED";
    this.versions.set(name, version);
    this.open.get(name)?.events([type, secret(name, version)]);
  }

  #answer(request: Received): void {
    const { query, path, stream } = request;
    if (path.includes("/closed/")) return request.answer(403, { kind: "Status", message: "forbidden" });
    const name = /^metadata\.name=(.+)$/.exec(query.get("fieldSelector") ?? "")?.[1];
    if (path !== "/api/v1/namespaces/shop/secrets" || name === undefined)
      return request.answer(500, { message: `nobody may ask for ${path}?${query.toString()}` });
    if (query.get("watch") === "1") {
      this.open.set(name, request);
      this.most = Math.max(this.most, this.open.size);
      stream.on("close", () => this.open.get(name) === request && this.open.delete(name));
      return request.begin();
    }
    if (!isCheck(request)) this.listed.push(name);
    const version = this.versions.get(name);
    const items = version === undefined ? [] : [secret(name, version)];
    return request.answer(200, { kind: "SecretList", metadata: { resourceVersion: "1000" }, items });
  }
}

function secret(name: string, version: number) {
  return { metadata: { name, namespace: "shop", uid: `uid-${name}`, resourceVersion: String(version) }, data: {} };
}

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `s${index}`);

/** One Secret more is followed than can be watched, and the first watches stand. */
async function oneTooMany() {
  const secrets = await Secrets.start();
  const all = names(MAX_WATCHES + 1);
  for (const [index, name] of all.entries()) secrets.versions.set(name, index + 1);
  await secrets.follow(...all);
  await vi.waitFor(() => expect(secrets.open.size).toBe(MAX_WATCHES), eventually);
  const unwatched = all.find((name) => !secrets.open.has(name)) ?? expect.fail("all are watched");
  return { secrets, all, unwatched };
}

describe("objects that are followed by name", () => {
  it("each have a watch of their own, which ends when they are no longer named", async () => {
    const secrets = await Secrets.start();
    secrets.versions.set("a", 1).set("b", 2);
    await secrets.follow("a", "b");
    await vi.waitFor(() => expect([...secrets.open.keys()].sort()).toEqual(["a", "b"]), eventually);
    await secrets.follow("b");
    await vi.waitFor(() => expect([...secrets.open.keys()]).toEqual(["b"]), eventually);
    expect(secrets.keys()).toEqual(["shop/b"]);
    expect(secrets.listed.sort()).toEqual(["a", "b"]);
  });

  it("beyond the bound are looked at once at the start, then in turn, each at its time", async () => {
    const secrets = await Secrets.start();
    const all = names(MAX_WATCHES + 20);
    for (const [index, name] of all.entries()) secrets.versions.set(name, index + 1);
    await secrets.follow(...all);
    expect(secrets.keys()).toHaveLength(all.length);
    await vi.waitFor(() => expect(secrets.open.size).toBe(MAX_WATCHES), eventually);
    expect([...secrets.listed].sort()).toEqual([...all].sort());
    const unwatched = all.filter((name) => !secrets.open.has(name));
    secrets.listed.length = 0;
    for (let turn = 0; turn < unwatched.length; turn++) {
      await vi.waitFor(() => expect(secrets.pausesOf(500)).toBe(turn + 1), eventually);
      secrets.time.advance(500);
      await vi.waitFor(() => expect(secrets.listed).toHaveLength(turn + 1), eventually);
    }
    expect([...secrets.listed].sort()).toEqual([...unwatched].sort());
    expect(secrets.most).toBe(MAX_WATCHES);
  });

  it("get the watch of one at rest when they change, or are not there", async () => {
    const { secrets, all, unwatched } = await oneTooMany();
    secrets.put(unwatched, 900);
    await vi.waitFor(() => {
      if (secrets.time.isAwaited(10_000)) secrets.time.advance(10_000);
      expect(secrets.versionOf(unwatched)).toBe("900");
    }, eventually);
    await vi.waitFor(() => expect(secrets.open.has(unwatched)).toBe(true), eventually);
    await secrets.follow(...all, "late");
    await vi.waitFor(() => expect(secrets.open.has("late")).toBe(true), eventually);
    secrets.put("late", 901);
    await vi.waitFor(() => expect(secrets.versionOf("late")).toBe("901"), eventually);
    expect(secrets.most).toBeLessThanOrEqual(MAX_WATCHES + 1);
    await vi.waitFor(() => expect(secrets.open.size).toBe(MAX_WATCHES), eventually);
  });

  it("that went while nobody watched are gone once somebody does", async () => {
    const { secrets, unwatched } = await oneTooMany();
    secrets.versions.delete(unwatched);
    await secrets.follow(unwatched, "s1", "s2");
    await vi.waitFor(() => expect(secrets.keys()).toEqual(["shop/s1", "shop/s2"]), eventually);
  });

  it("that are refused hold up nobody, and are told of once for a namespace", async () => {
    const secrets = await Secrets.start();
    secrets.versions.set("a", 1);
    await secrets.follow("a", "closed/x", "closed/y");
    expect(secrets.keys()).toEqual(["shop/a"]);
    const told = [...secrets.problems.values()].filter((found) => found.length > 0);
    expect(told.map((found) => found.map(({ code }) => code))).toEqual([["API_ACCESS_REFUSED"]]);
    await secrets.follow("a");
    expect([...secrets.problems.values()].flat()).toEqual([]);
  });
});
