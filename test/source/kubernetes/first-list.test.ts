import { afterEach, describe, expect, it, vi } from "vitest";
import { createLogger } from "#src/process/log.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import type { Leadership } from "#src/source/leadership.ts";
import type { Source } from "#src/source/source.ts";
import { eventually } from "#test/support/eventually.ts";
import { isCheck, ManualTime, type Received, ScriptedApi } from "./kubernetes-api.ts";

const log = createLogger({ component: "test", level: "silent" });
const ELECTION = "hawser-test";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An API server with one Service and a Lease that nobody holds, or somebody; each list shows its own number. */
class Api {
  readonly scripted: ScriptedApi;
  /** What was asked for and answered, oldest first. */
  readonly asked: string[] = [];
  holder = "";
  /** Answers a request for the Lease otherwise; false: it does not. */
  onLease: (request: Received) => boolean = () => false;
  #version = 10;

  constructor(scripted: ScriptedApi) {
    this.scripted = scripted;
    scripted.answer = (request) => this.#answer(request);
  }

  get lists(): number {
    return this.asked.filter((what) => what === "list").length;
  }

  #answer(request: Received): void {
    const { method, path, query } = request;
    if (path.endsWith(`/leases/${ELECTION}`)) {
      if (this.onLease(request)) return;
      this.asked.push(`${method} lease`);
      if (method === "PATCH") this.holder = holderIn(request.body);
      request.answer(200, this.#lease());
    } else if (query.get("watch") === "1") request.begin();
    else if (isCheck(request)) request.answer(200, { metadata: { resourceVersion: `${this.#version}` }, items: [] });
    else {
      this.asked.push("list");
      const metadata = { namespace: "shop", name: `list-${this.lists}`, uid: "u", resourceVersion: "1" };
      request.answer(200, { metadata: { resourceVersion: `${this.#version}` }, items: [{ metadata }] });
    }
  }

  #lease(): unknown {
    const resourceVersion = `${++this.#version}`;
    const spec = { holderIdentity: this.holder, leaseDurationSeconds: 10 };
    return { metadata: { namespace: "shop", name: ELECTION, uid: "l", resourceVersion }, spec };
  }
}

function holderIn(body: unknown): string {
  return (body as { spec: { holderIdentity: string } }).spec.holderIdentity;
}

interface Setup {
  readonly api: Api;
  readonly time: ManualTime;
  readonly source: Source;
  readonly told: boolean[];
  /** What `list()` showed when it was told. */
  readonly shown: (readonly string[])[];
  readonly keys: () => readonly string[];
  readonly open: () => Promise<void>;
  readonly lead: () => Leadership;
}

async function setUp(): Promise<Setup> {
  const scripted = await ScriptedApi.start();
  const api = new Api(scripted);
  const time = new ManualTime();
  const config = { server: scripted.url, tls: async () => ({}), token: async () => undefined };
  const timing = { delay: time.delay, chance: () => 0, clock: () => time.nowMs, monotonic: () => time.nowMs };
  const source = openKubernetesSource({ config, namespace: "shop", component: "hawser-test", log, ...timing });
  closers.push(async () => scripted[Symbol.asyncDispose]());
  closers.push(async () => source.close());
  const told: boolean[] = [];
  const shown: (readonly string[])[] = [];
  const keys = (): readonly string[] => [...source.list("Service").keys()];
  const onChange = (leads: boolean): void => {
    told.push(leads);
    shown.push(keys());
  };
  return {
    api,
    time,
    source,
    told,
    shown,
    keys,
    open: async () => source.open(["Service"], { onChange: () => undefined, onProblems: () => undefined }),
    lead: () => source.lead(ELECTION, onChange),
  };
}

describe("a program that stands for leader before it opens its source", () => {
  it("lists once, after it won the Lease, and is told when that is whole", async () => {
    const { api, source, lead, open, told, shown } = await setUp();
    const leadership = lead();
    await open();
    expect(api.asked).toEqual(["GET lease", "PATCH lease", "list"]);
    await vi.waitFor(() => expect(told).toEqual([true]), eventually);
    expect([leadership.leads, shown]).toEqual([true, [["shop/list-1"]]]);
    await vi.waitFor(() => expect(api.scripted.watches).toHaveLength(1), eventually);
    await source.close();
    expect(api.lists).toBe(1);
  });

  it("lists once, also when it opens long after it won", async () => {
    const { api, lead, open, told, shown } = await setUp();
    const leadership = lead();
    await vi.waitFor(() => expect(leadership.leads).toBe(true), eventually);
    expect(told).toEqual([]);
    await open();
    await vi.waitFor(() => expect(told).toEqual([true]), eventually);
    expect([api.lists, shown]).toEqual([1, [["shop/list-1"]]]);
  });

  it("lists at once where another leads, and again when it takes over", async () => {
    const { api, time, lead, open, told, shown, keys } = await setUp();
    api.holder = "another";
    lead();
    await open();
    expect([api.asked, keys(), told]).toEqual([["GET lease", "list"], ["shop/list-1"], []]);
    api.holder = "";
    await vi.waitFor(() => {
      time.advance(100);
      expect(told).toEqual([true]);
    }, eventually);
    expect([api.lists, shown]).toEqual([2, [["shop/list-2"]]]);
  });

  it("lists at once where the Lease is refused", async () => {
    const { api, lead, open, told, keys } = await setUp();
    api.onLease = (request) => {
      request.answer(403, { kind: "Status", message: "no" });
      return true;
    };
    lead();
    await open();
    expect([api.lists, keys(), told]).toEqual([1, ["shop/list-1"], []]);
  });

  it("waits half a second for the Lease, and lists again where it is won later", async () => {
    const { api, time, lead, open, told, shown, keys } = await setUp();
    const held: Received[] = [];
    api.onLease = (request) => held.push(request) > 0;
    lead();
    const opened = open();
    await vi.waitFor(() => expect([held.length, time.isAwaited(500)]).toEqual([1, true]), eventually);
    expect(api.lists).toBe(0);
    time.advance(500);
    await opened;
    expect([api.lists, keys(), told]).toEqual([1, ["shop/list-1"], []]);
    api.onLease = () => false;
    const metadata = { namespace: "shop", name: ELECTION, uid: "l", resourceVersion: "9" };
    held[0]?.answer(200, { metadata, spec: { holderIdentity: "" } });
    await vi.waitFor(() => expect(told).toEqual([true]), eventually);
    expect([api.lists, shown]).toEqual([2, [["shop/list-2"]]]);
  });
});

describe("a program that does not lead", () => {
  it("is answered conflict by patch, also for an object that it has not seen", async () => {
    const { api, source, lead, open } = await setUp();
    api.holder = "another";
    lead();
    await open();
    const patch = { annotations: { "hawser.dev/test": "x" } };
    for (const name of ["list-1", "unseen"])
      expect(await source.patch({ kind: "Service", namespace: "shop", name }, patch)).toBe("conflict");
    expect(api.asked).toEqual(["GET lease", "list"]);
  });
});

describe("a program that stands for leader when it is open", () => {
  it("lists again when it won: its watch may lag behind", async () => {
    const { api, lead, open, told, shown } = await setUp();
    await open();
    lead();
    await vi.waitFor(() => expect(told).toEqual([true]), eventually);
    expect([api.asked, shown]).toEqual([["list", "GET lease", "PATCH lease", "list"], [["shop/list-2"]]]);
  });
});
