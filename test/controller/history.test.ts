import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HistoryKeeper } from "#controller/history-keeper.ts";
import { HISTORY_REPORT, readHistory } from "#src/model/address-history.ts";
import { MAX_HOLDINGS } from "#src/model/cut-holdings.ts";
import { MemorySource } from "./memory-source.ts";
import { pools, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

/** `assigned 192.0.2.0 default/web`, the oldest first. */
function holdings(source = world.source): readonly string[] {
  const { holdings: latestFirst } = readHistory(source.history.get(HISTORY_REPORT));
  return latestFirst.toReversed().map(({ change, address, service }) => `${change} ${address} ${service}`);
}

const takeover = { at: "2026-01-01T00:00:01.000Z", cause: "Vacant", from: "", gained: 1, lost: 0 };
const SETTLED_MS = 10_000;

describe("the history of addresses", () => {
  it("D is written once for a Service that gets an address and is announced", async () => {
    world.source.put(pools("192.0.2.0/30"));
    await world.start();
    await world.put(serviceObject("web"));
    const report = { node: "n1", ready: true, announcing: ["192.0.2.0"] };
    world.source.says("speaker-n1", { ...report, takeovers: [{ ...takeover, addresses: ["192.0.2.0"] }] });
    await world.advance(SETTLED_MS);
    expect(holdings()).toEqual(["assigned 192.0.2.0 default/web"]);
    const { announcements } = readHistory(world.source.history.get(HISTORY_REPORT));
    expect(announcements.map(({ node, cause, addresses }) => [node, cause, addresses])).toEqual([
      ["n1", "Vacant", ["192.0.2.0"]],
    ]);
    await world.advance(600_000);
    expect(world.source.historyWrites).toBe(1);
  });

  it("D has what Services lost: deleted, of another type, moved by request", async () => {
    world.source.put(pools("192.0.2.0/29"), ...["a", "b", "c"].map((name) => serviceObject(name)));
    await world.start();
    await world.remove("a");
    await world.edit("b", { spec: { type: "ClusterIP" } });
    await world.edit("c", { annotations: { "hawser.dev/load-balancer-ips": "192.0.2.7" } });
    await world.advance(SETTLED_MS);
    expect(holdings().slice(3)).toEqual([
      "released 192.0.2.0 default/a",
      "released 192.0.2.1 default/b",
      "released 192.0.2.2 default/c",
      "assigned 192.0.2.7 default/c",
    ]);
  });

  it("D is continued after a restart: what changed meanwhile is noted, and nothing twice", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"), serviceObject("gone"));
    await world.start();
    await world.advance(SETTLED_MS);
    const before = holdings();
    await world.stop();
    world.source.remove("Service", "default/gone");
    world = new World(world.source, world.time);
    await world.start();
    await world.advance(SETTLED_MS);
    const [gone] = before.filter((one) => one.endsWith("/gone"));
    expect(holdings()).toEqual([...before, gone?.replace("assigned", "released")]);
    const writes = world.source.historyWrites;
    await world.stop();
    world = new World(world.source, world.time);
    await world.start();
    await world.advance(SETTLED_MS);
    expect(world.source.historyWrites).toBe(writes);
  });

  it("D has what a leader that crashed did not write: since the condition says so", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    expect(world.source.historyWrites).toBe(0);
    const { conditions = [] } = world.object("web").status ?? {};
    const sinceMs = Date.parse(conditions[0]?.["lastTransitionTime"] ?? "");
    await world.stop();
    await world.time.advance(60_000);
    world = new World(world.source, world.time);
    await world.start();
    await world.advance(SETTLED_MS);
    expect(holdings()).toEqual(["assigned 192.0.2.0 default/web"]);
    const [first] = readHistory(world.source.history.get(HISTORY_REPORT)).holdings;
    expect(first?.at).toBe(new Date(sinceMs).toISOString());
  });

  it("D costs few writes for many Services, and keeps the latest", async () => {
    const names = Array.from({ length: MAX_HOLDINGS + 200 }, (_, at) => `s${at}`);
    world.source.put(pools("198.18.0.0/16"), ...names.map((name) => serviceObject(name)));
    await world.start();
    await world.advance(SETTLED_MS);
    expect(world.source.historyWrites).toBeLessThanOrEqual(3);
    expect(holdings()).toHaveLength(MAX_HOLDINGS);
  });

  it("D is not written by a standby", async () => {
    world.source.leads = false;
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    await world.advance(SETTLED_MS);
    expect(world.source.historyWrites).toBe(0);
  });
});

describe("HistoryKeeper", () => {
  const change = { at: "2026-01-01T00:00:01Z", change: "assigned", address: "192.0.2.1", service: "a/b" } as const;

  it("D tries again what could not be written", async () => {
    const source = new MemorySource();
    const write = source.report.bind(source);
    source.report = async () => Promise.reject(new Error("refused"));
    const keeper = new HistoryKeeper();
    keeper.note(change, 0);
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    await keeper.write(source, { nowMs: 2_000, onError });
    expect([errors.length, keeper.nextInMs(2_000)]).toEqual([1, 5_000]);
    source.report = write;
    await keeper.write(source, { nowMs: 7_000, onError });
    expect([errors.length, keeper.nextInMs(7_000), holdings(source)]).toEqual([
      1,
      undefined,
      ["assigned 192.0.2.1 a/b"],
    ]);
  });

  it("D keeps what another leader wrote meanwhile", async () => {
    const source = new MemorySource();
    const keeper = new HistoryKeeper();
    keeper.note(change, 0);
    await source.report(HISTORY_REPORT, { holdings: [{ ...change, service: "c/d" }], announcements: [] });
    await keeper.write(source, { nowMs: 2_000, onError: () => undefined });
    expect(holdings(source).toSorted()).toEqual(["assigned 192.0.2.1 a/b", "assigned 192.0.2.1 c/d"]);
  });

  it("D notes a change after the one before it, also where the clock of the controller went back meanwhile", async () => {
    const source = new MemorySource();
    const keeper = new HistoryKeeper();
    keeper.begin(source, { holdings: [], at: "2026-01-01T00:00:00.000Z", nowMs: 0 });
    keeper.note({ ...change, at: "2026-01-01T00:00:10.000Z" }, 10_000);
    keeper.note({ ...change, change: "released", at: "2025-01-01T00:00:00.000Z" }, 11_000);
    await keeper.flush(source, { nowMs: 11_000, onError: () => undefined });
    expect(holdings(source)).toEqual(["assigned 192.0.2.1 a/b", "released 192.0.2.1 a/b"]);
  });

  it("D keeps each round once of a node whose clock is far ahead, behind what is noted later", async () => {
    const source = new MemorySource();
    const keeper = new HistoryKeeper();
    keeper.begin(source, { holdings: [], at: "2026-01-01T00:00:00.000Z", nowMs: 0 });
    const far = { ...takeover, at: "2099-01-01T00:00:00.000Z", cause: "Vacant" as const, addresses: ["192.0.2.1"] };
    const next = { ...far, at: "2026-01-01T00:00:30.000Z", addresses: ["192.0.2.2"] };
    const report = (...takeovers: readonly unknown[]) => [{ node: "n1", takeovers }] as never;
    for (const nowMs of [10_000, 20_000, 30_000]) {
      keeper.noteReports(report(far), nowMs);
      await keeper.flush(source, { nowMs, onError: () => undefined });
    }
    keeper.noteReports(report(far, next), 40_000);
    await keeper.flush(source, { nowMs: 40_000, onError: () => undefined });
    const { announcements } = readHistory(source.history.get(HISTORY_REPORT));
    expect(announcements.map(({ addresses }) => addresses)).toEqual([["192.0.2.2"], ["192.0.2.1"]]);
  });

  it("D does not note twice what is known", () => {
    const keeper = new HistoryKeeper();
    keeper.note({ ...change, change: "released" }, 0);
    expect(keeper.nextInMs(0)).toBeUndefined();
    keeper.note(change, 0);
    expect(keeper.nextInMs(500)).toBe(1_500);
  });
});
