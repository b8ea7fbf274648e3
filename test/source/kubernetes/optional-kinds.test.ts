import { afterEach, describe, expect, it, vi } from "vitest";
import { factsOf, groupOf, type Kind, METALLB_KINDS } from "#src/model/kind.ts";
import type { ObjectRef } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import { eventually } from "#test/support/eventually.ts";
import { isCheck, ManualTime, type Received, ScriptedApi } from "./kubernetes-api.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const optional = METALLB_KINDS;
const POOLS = "/apis/metallb.io/v1beta1/ipaddresspools";
const GROUP = "/apis/metallb.io";
/** The shortest time between two looks for a group. */
const LOOK_MS = 15_000;
/** Time passes in steps so short that no request is late by them. */
const STEP_MS = 500;

/** A cluster of which a test says what it has, and what may not be read. */
class Cluster {
  readonly #version: string;
  readonly #group: string;
  readonly plurals = new Set<string>();
  readonly refused = new Set<string>();
  /** How often the next requests for a collection are answered with 404, whatever there is. */
  slips = 0;
  pools: readonly object[] = [];
  /** The kinds are being removed: no object of them can be created any longer. */
  isTerminating = false;
  /** The list of the group's kinds may not be read. */
  isDiscoveryRefused = false;

  constructor(version = "metallb.io/v1beta1") {
    this.#version = `/apis/${version}`;
    this.#group = `/apis/${groupOf(version)}`;
  }

  answer(request: Received): void {
    const { path } = request;
    if (path === this.#version) {
      if (this.isDiscoveryRefused) return request.answer(403, failure(403, "cannot get path"));
      const verbs = ["delete", "get", "list", "watch", ...(this.isTerminating ? [] : ["create"])];
      const resources = [...this.plurals].map((name) => ({ name, verbs }));
      return request.answer(resources.length === 0 ? 404 : 200, { kind: "APIResourceList", resources });
    }
    if (path === this.#group) return request.answer(this.plurals.size === 0 ? 404 : 200, { kind: "APIGroup" });
    const plural = path.split("/").at(-1) ?? "";
    if (this.refused.has(plural)) return request.answer(403, failure(403, `cannot list ${plural}`));
    const isThere = !path.startsWith(this.#group) || this.plurals.has(plural);
    const isSlip = this.slips > 0 && path.startsWith(this.#group);
    if (isSlip) this.slips -= 1;
    if (!isThere || isSlip)
      return request.answer(404, failure(404, "the server could not find the requested resource"));
    if (request.query.get("watch") === "1") return request.begin();
    const items = plural === "ipaddresspools" && !isCheck(request) ? this.pools : [];
    return request.answer(200, { metadata: { resourceVersion: "10" }, items });
  }
}

function failure(code: number, message: string) {
  return { kind: "Status", status: "Failure", code, message };
}

function pool(name: string) {
  const metadata = { name, namespace: "metallb-system", uid: `uid-${name}`, resourceVersion: "5" };
  return { metadata, spec: { addresses: ["192.0.2.0/24"] } };
}

async function setUp(cluster: Cluster, opened: readonly Kind[] = ["Service", ...optional]) {
  const api = await ScriptedApi.start();
  api.answer = (request) => cluster.answer(request);
  const time = new ManualTime();
  const [logged, warned]: unknown[][] = [[], []];
  const noted = (to: unknown[] | undefined) => (fields: unknown) => to?.push(fields);
  const log = { debug: vi.fn(), info: noted(logged), warn: noted(warned), error: vi.fn() };
  const timing = { delay: time.delay, chance: () => 0, clock: () => time.nowMs };
  const source = openKubernetesSource({
    config: { server: api.url, tls: async () => ({}), token: async () => undefined },
    namespace: "shop",
    component: "hawser-test",
    log: log as unknown as Logger,
    ...timing,
  });
  closers.push(async () => api[Symbol.asyncDispose]());
  closers.push(async () => source.close());
  const told: { readonly changes: ObjectRef[]; readonly presence: Kind[]; readonly problems: string[] } = {
    changes: [],
    presence: [],
    problems: [],
  };
  const ready = source.open(opened, {
    onChange: (changed) => told.changes.push(...changed),
    onPresence: (kind) => told.presence.push(kind),
    onProblems: (_, problems: readonly Problem[]) => told.problems.push(problems.map(({ code }) => code).join()),
  });
  const keys = (): readonly string[] => [...source.list("IPAddressPool").keys()];
  /** Time passes until the condition holds. */
  const until = async (ms: number, condition: () => void): Promise<void> =>
    vi.waitFor(() => {
      time.advance(ms);
      condition();
    }, eventually);
  const looks = (): number => api.received.filter(({ path }) => path === GROUP).length;
  const lists = (path: string): number => api.lists.filter((request) => request.path === path).length;
  return { api, time, source, ready, told, logged, warned, keys, until, looks, lists };
}

const poolRef = (name: string): ObjectRef => ({ kind: "IPAddressPool", namespace: "metallb-system", name });

describe("openKubernetesSource() of optional kinds", () => {
  it("is ready without those that the cluster does not have, and looks for their group alone", async () => {
    const { source, ready, told, logged, time, looks, lists, until } = await setUp(new Cluster());
    await ready;
    expect(optional.map((kind) => [source.has(kind), source.list(kind).size])).toEqual(optional.map(() => [false, 0]));
    expect(source.has("Service")).toBe(true);
    await until(STEP_MS, () => expect(looks()).toBe(3));
    expect(time.nowMs).toBeGreaterThanOrEqual(3 * LOOK_MS);
    expect([lists(POOLS), told.problems, told.changes, logged]).toEqual([1, [], [], []]);
  });

  it("reads a kind once it is installed, and tells of it", async () => {
    const cluster = new Cluster();
    const { source, ready, told, logged, keys, until } = await setUp(cluster, ["IPAddressPool", "BFDProfile"]);
    await ready;
    told.presence.length = 0;
    cluster.pools = [pool("a")];
    cluster.plurals.add("ipaddresspools");
    await until(STEP_MS, () => expect(keys()).toEqual(["metallb-system/a"]));
    expect([source.has("IPAddressPool"), source.has("BFDProfile")]).toEqual([true, false]);
    expect(told).toEqual({ changes: [poolRef("a")], presence: ["IPAddressPool"], problems: [] });
    expect(logged).toEqual([{ kind: "IPAddressPool" }]);
  });

  it("empties a kind that is removed while it is watched, with one line in the log and without a Problem", async () => {
    const cluster = new Cluster();
    cluster.plurals.add("ipaddresspools");
    cluster.pools = [pool("a")];
    const { api, source, ready, told, logged, keys, until } = await setUp(cluster, ["IPAddressPool"]);
    await ready;
    expect([source.has("IPAddressPool"), keys()]).toEqual([true, ["metallb-system/a"]]);
    await vi.waitFor(() => expect(api.watches).toHaveLength(1), eventually);
    cluster.plurals.clear();
    api.watches[0]?.stream.end();
    await until(200, () => expect(source.has("IPAddressPool")).toBe(false));
    expect([keys(), told.changes, told.problems]).toEqual([[], [poolRef("a"), poolRef("a")], []]);
    expect(logged).toEqual([{ kind: "IPAddressPool" }]);
    cluster.plurals.add("ipaddresspools");
    await until(STEP_MS, () => expect(keys()).toEqual(["metallb-system/a"]));
    expect(told.problems).toEqual([]);
  });

  it.each([
    { when: "while the kind stays", isTerminating: false, isReplaced: false, shown: [[true, ["metallb-system/b"]]] },
    {
      when: "before it removes the kind, not one after the other",
      isTerminating: true,
      isReplaced: false,
      shown: [[false, []]],
    },
    {
      when: "before it replaces the definition, not one after the other",
      isTerminating: true,
      isReplaced: true,
      shown: [[false, []]],
    },
  ])("shows that the server deletes objects $when", async ({ isTerminating, isReplaced, shown }) => {
    const cluster = new Cluster();
    cluster.plurals.add("ipaddresspools");
    cluster.pools = [pool("a"), pool("b")];
    const { api, source, ready, told, keys, until } = await setUp(cluster, ["IPAddressPool"]);
    await ready;
    await vi.waitFor(() => expect(api.watches).toHaveLength(1), eventually);
    told.changes.length = 0;
    const seen: unknown[] = [];
    const look = () => [source.has("IPAddressPool"), keys()] as const;
    cluster.isTerminating = isTerminating;
    const deleted = (name: string, version: string) => {
      const { metadata, ...rest } = pool(name);
      return ["DELETED", { ...rest, metadata: { ...metadata, resourceVersion: version } }] as const;
    };
    api.watches[0]?.events(deleted("a", "11"), ...(isTerminating ? [deleted("b", "12")] : []));
    const looks = () => api.received.filter(({ path }) => path === `${GROUP}/v1beta1`);
    await until(100, () => expect(looks().length).toBeGreaterThan(0));
    if (isReplaced) cluster.isTerminating = false;
    await until(100, () => {
      const [isPresent, now] = look();
      if (now.length < 2) seen.push([isPresent, now]);
      expect(seen).toHaveLength(1);
    });
    expect(seen).toEqual(shown);
    expect(told.changes.map(({ name }) => name)).toEqual(isTerminating ? ["a", "b"] : ["a"]);
    expect(looks()).toHaveLength(2);
  });

  it("shows also where it may not ask for kinds that an object was deleted, after a while, and says so once", async () => {
    const cluster = new Cluster();
    cluster.plurals.add("ipaddresspools");
    cluster.pools = [pool("a"), pool("b")];
    const { api, source, ready, warned, keys, until } = await setUp(cluster, ["IPAddressPool"]);
    await ready;
    await vi.waitFor(() => expect(api.watches).toHaveLength(1), eventually);
    cluster.isDiscoveryRefused = true;
    for (const [version, names] of [["11", ["b"]] as const, ["12", []] as const]) {
      const { metadata, ...rest } = pool(names.length === 1 ? "a" : "b");
      api.watches[0]?.events(["DELETED", { ...rest, metadata: { ...metadata, resourceVersion: version } }]);
      await until(100, () => expect(keys()).toEqual(names.map((name) => `metallb-system/${name}`)));
    }
    expect([source.has("IPAddressPool"), warned]).toEqual([true, [{ kind: "IPAddressPool" }]]);
    const looks = api.received.filter(({ path }) => path === `${GROUP}/v1beta1`);
    // Five pairs for the first, and one for each that follows.
    expect(looks).toHaveLength(12);
  });

  it("shows what was deleted while it did not watch, and created again meanwhile, as it is", async () => {
    const cluster = new Cluster();
    cluster.plurals.add("ipaddresspools");
    cluster.pools = [pool("a"), pool("b")];
    const { api, source, ready, keys, until } = await setUp(cluster, ["IPAddressPool"]);
    await ready;
    await vi.waitFor(() => expect(api.watches).toHaveLength(1), eventually);
    cluster.pools = [];
    api.watches[0]?.events(["ERROR", failure(410, "too old")]);
    api.watches[0]?.stream.end();
    await until(100, () => expect(api.watches).toHaveLength(2));
    const metadata = { ...pool("a").metadata, uid: "another", resourceVersion: "12" };
    api.watches[1]?.events(["ADDED", { ...pool("a"), metadata }]);
    await until(100, () => expect(keys()).toEqual(["metallb-system/a"]));
    expect(source.get("IPAddressPool", "metallb-system/a")?.metadata.uid).toBe("another");
  });

  it("keeps what it knows when the server says once that there is no such kind", async () => {
    const cluster = new Cluster();
    cluster.plurals.add("ipaddresspools");
    cluster.pools = [pool("a")];
    const { api, source, ready, told, keys, until } = await setUp(cluster, ["IPAddressPool"]);
    await ready;
    await vi.waitFor(() => expect(api.watches).toHaveLength(1), eventually);
    cluster.slips = 1;
    api.watches[0]?.stream.end();
    await until(200, () => expect(api.watches).toHaveLength(3));
    expect([cluster.slips, source.has("IPAddressPool"), keys()]).toEqual([0, true, ["metallb-system/a"]]);
    expect([told.changes, told.problems]).toEqual([[poolRef("a")], []]);
  });

  it("is ready without a kind that it may not read, reports that, and reads it once it may", async () => {
    const cluster = new Cluster();
    cluster.plurals.add("ipaddresspools");
    cluster.refused.add("ipaddresspools");
    cluster.pools = [pool("a")];
    const { source, ready, told, keys, until, lists } = await setUp(cluster, ["IPAddressPool"]);
    await ready;
    expect([told.problems, source.has("IPAddressPool"), keys()]).toEqual([["API_ACCESS_REFUSED"], false, []]);
    await until(STEP_MS, () => expect(lists(POOLS)).toBeGreaterThan(2));
    cluster.refused.clear();
    await until(STEP_MS, () => expect(keys()).toEqual(["metallb-system/a"]));
    expect(told.problems).toEqual(["API_ACCESS_REFUSED", ""]);
  });

  it("E is not ready while a kind that protects something may not be read, and keeps what it knows when that is forbidden later", async () => {
    const { apiVersion, plural } = factsOf("HTTPPolicy");
    const cluster = new Cluster(apiVersion);
    cluster.plurals.add(plural);
    cluster.refused.add(plural);
    const { api, source, ready, told, until } = await setUp(cluster, ["HTTPPolicy", "Service"]);
    let isReady = false;
    void ready.then(() => (isReady = true));
    await until(STEP_MS, () => expect(told.problems).toEqual(["API_ACCESS_REFUSED"]));
    await until(STEP_MS, () => expect(api.lists.filter(({ path }) => path.endsWith(plural)).length).toBeGreaterThan(2));
    expect(isReady).toBe(false);
    cluster.refused.clear();
    await until(STEP_MS, () => expect(isReady).toBe(true));
    expect([source.has("HTTPPolicy"), told.problems.at(-1)]).toEqual([true, ""]);
    cluster.refused.add(plural);
    await vi.waitFor(() => expect(api.watches.length).toBeGreaterThan(0), eventually);
    const watch = api.watches.find(({ path }) => path.endsWith(plural));
    watch?.stream.end();
    await until(STEP_MS, () => expect(told.problems.at(-1)).toBe("API_ACCESS_REFUSED"));
    expect(source.has("HTTPPolicy")).toBe(true);
  });

  it("E is ready without a kind that protects something where the cluster does not have it, with or without a right on it", async () => {
    const cluster = new Cluster(factsOf("HTTPPolicy").apiVersion);
    cluster.refused.add(factsOf("HTTPPolicy").plural);
    const { source, ready, told } = await setUp(cluster, ["HTTPPolicy"]);
    await ready;
    expect([source.has("HTTPPolicy"), told.problems]).toEqual([false, []]);
  });

  it("reports no missing right on a kind that the cluster does not have", async () => {
    const cluster = new Cluster();
    cluster.plurals.add("bfdprofiles");
    cluster.refused.add("ipaddresspools");
    const { source, ready, told } = await setUp(cluster, ["IPAddressPool"]);
    await ready;
    expect([source.has("IPAddressPool"), told.problems]).toEqual([false, []]);
  });

  it("waits for a kind that every cluster has, whatever the server answers", async () => {
    const { api, told, until } = await setUp(new Cluster(), ["Service"]);
    api.answer = (request) => request.answer(404, "404 page not found");
    await until(STEP_MS, () => expect(told.problems).toEqual(["API_SERVER_UNREACHABLE"]));
  });
});
