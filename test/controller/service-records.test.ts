import { contestAfter } from "#controller/contest.ts";
import { retryAfter } from "#controller/retry.ts";
import { ServiceRecords } from "#controller/service-records.ts";
import { parseIp } from "#src/ip/address.ts";
import { describe, expect, it } from "vitest";
import { serviceObject } from "./world.ts";

const ip = parseIp("192.0.2.1") ?? expect.fail("an address");
const object = serviceObject("a");
const retry = retryAfter(undefined, object, { nowMs: 0, chance: 1 });

describe("ServiceRecords", () => {
  it("forgets with a Service all that was remembered of it, and does not begin again for what comes late", () => {
    const records = new ServiceRecords();
    const contest = contestAfter(undefined, object, { patch: {}, nowMs: 0 });
    records.read("default/a", { addresses: [ip], retry, contest, missingUntilMs: 30, conflictUntilMs: 40 });
    expect([records.unreadable.size, records.nextInMs(0), records.lacking(30)]).toEqual([1, 30, ["default/a"]]);
    records.forget("default/a");
    records.change("default/a", { retry });
    expect(records.get("default/a")).toBeUndefined();
    expect([records.unreadable.size, records.nextInMs(0), records.lacking(30), records.due(1e9)]).toEqual([
      0,
      undefined,
      [],
      [],
    ]);
  });

  it("names a Service once for each time that ends, whatever the order in which they end", () => {
    const records = new ServiceRecords();
    records.read("default/a", { retry, missingUntilMs: 30_000, conflictUntilMs: 10_000 });
    const named = [100, 200, 9_999, 10_001, 10_002, 50_000, 60_000].map((nowMs) => records.due(nowMs).length);
    expect(named).toEqual([0, 1, 0, 1, 0, 1, 0]);
  });

  it("does not lose a time that ends between a look at what is due and a change of the record", () => {
    const records = new ServiceRecords();
    records.read("default/a", { missingUntilMs: 30_000 });
    expect(records.due(29_999)).toEqual([]);
    // By the clock it is 30_001 now: a write that was under way has ended.
    records.change("default/a", { writtenIn: 7 });
    expect([records.nextInMs(30_001), records.due(30_001)]).toEqual([0, ["default/a"]]);
  });

  it("forgets a contest twenty minutes after the last write, and is not due for that", () => {
    const records = new ServiceRecords();
    records.read("default/a", { contest: contestAfter(undefined, object, { patch: {}, nowMs: 0 }) });
    expect(records.nextInMs(0)).toBeUndefined();
    expect(records.due(1_199_999)).toEqual([]);
    expect(records.get("default/a")?.contest).toBeDefined();
    expect(records.due(1_200_000)).toEqual([]);
    expect(records.get("default/a")?.contest).toBeUndefined();
  });

  it("begins a term with no write under way, and names those whose write it had not seen", () => {
    const records = new ServiceRecords();
    records.read("default/a", { retry, unseen: { object, addresses: [ip], leaving: [] } });
    records.read("default/b", { retry, saidUnreadable: "why" });
    records.read("default/c", { missingUntilMs: 30_000 });
    expect(records.beginTerm()).toEqual(["default/a"]);
    for (const key of ["default/a", "default/b"])
      expect(records.get(key)).toMatchObject({ retry: undefined, unseen: undefined, saidUnreadable: undefined });
    expect(records.nextInMs(0)).toBe(30_000);
  });
});
