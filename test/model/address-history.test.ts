import { describe, expect, it } from "vitest";
import {
  announcementsOf,
  type HoldingChange,
  MAX_ANNOUNCEMENTS,
  mergeHistories,
  NO_HISTORY,
  readHistory,
  withoutFuture,
} from "#src/model/address-history.ts";
import { MAX_HOLDINGS } from "#src/model/cut-holdings.ts";

const holding = (second: number, change: HoldingChange["change"] = "assigned"): HoldingChange => ({
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  change,
  address: "192.0.2.1",
  service: "shop/web",
});
const round = (second: number, addresses: readonly string[]) => ({
  at: holding(second).at,
  change: "announced" as const,
  node: "n2",
  from: "n1",
  cause: "MemberSilent",
  addresses,
});

describe("mergeHistories()", () => {
  it("D has each change once, the latest first", () => {
    const [first, second] = [
      { holdings: [holding(3), holding(1)], announcements: [] },
      { holdings: [holding(2, "released"), holding(1)], announcements: [] },
    ];
    const merged = mergeHistories(first, second);
    expect(merged.holdings).toEqual([holding(3), holding(2, "released"), holding(1)]);
    expect(mergeHistories(merged, first)).toEqual(merged);
  });

  it("D takes a round that grew from the first one", () => {
    const grown = { holdings: [], announcements: [round(1, ["192.0.2.1-9"])] };
    const before = { holdings: [], announcements: [round(1, ["192.0.2.1"])] };
    expect(mergeHistories(grown, before)).toEqual(grown);
  });

  it("D keeps a bounded number of the latest", () => {
    const many = Array.from({ length: 2_000 }, (_, at) => holding(at));
    const rounds = Array.from({ length: 2_000 }, (_, at) => round(at, []));
    const { holdings, announcements } = mergeHistories({ holdings: many, announcements: rounds }, NO_HISTORY);
    expect([holdings.length, announcements.length]).toEqual([MAX_HOLDINGS, MAX_ANNOUNCEMENTS]);
    expect([holdings[0]?.at, announcements[0]?.at]).toEqual([holding(1_999).at, holding(1_999).at]);
  });
});

describe("withoutFuture()", () => {
  it("D gives changes of the future another time and keeps their order; a node's clock may be five minutes ahead", () => {
    const [now, as] = [holding(10).at, holding(5).at];
    const history = {
      holdings: [holding(900), holding(11), holding(10), holding(1)],
      announcements: [round(311, ["192.0.2.1"]), round(310, [])],
    };
    expect(withoutFuture(history, { now, as })).toEqual({
      holdings: [{ ...holding(900), at: as }, { ...holding(11), at: as }, holding(10), holding(1)],
      announcements: [{ ...round(311, ["192.0.2.1"]), at: as }, round(310, [])],
    });
  });
});

describe("readHistory()", () => {
  it.each([undefined, {}, { holdings: "x", announcements: [3] }])("D reads %j as an empty one", (report) => {
    expect(readHistory(report)).toEqual(NO_HISTORY);
  });

  it.each([
    { name: "no time", garbage: { at: "soon" } },
    { name: "an empty time", garbage: { at: "" } },
    { name: "a year of five digits", garbage: { at: "+012026-01-01T00:00:00.000Z" } },
    { name: "a year before the first", garbage: { at: "-000001-01-01T00:00:00.000Z" } },
    { name: "a time that is a number", garbage: { at: 3 } },
    { name: "no address", garbage: { address: "192.0.2" } },
    { name: "no Service", garbage: { service: "web" } },
    { name: "a change of another kind", garbage: { change: "lent" } },
  ])("D leaves out a change with $name, and keeps those around it in their order", ({ garbage }) => {
    const report = { holdings: [holding(3), { ...holding(2), ...garbage }, holding(1)] };
    expect(readHistory(report).holdings).toEqual([holding(3), holding(1)]);
  });

  it("D reads a time without milliseconds as one with them, and leaves out a round without a time", () => {
    const report = {
      holdings: [{ ...holding(1), at: "2026-01-01T01:00:01+01:00" }],
      announcements: [{ ...round(2, []), at: "x" }, round(1, [])],
    };
    expect(readHistory(report)).toEqual({ holdings: [holding(1)], announcements: [round(1, [])] });
  });

  it("D reads what was written", () => {
    const history = { holdings: [holding(1, "released")], announcements: [round(2, ["192.0.2.1"])] };
    expect(readHistory(JSON.parse(JSON.stringify(history)) as Record<string, unknown>)).toEqual(history);
  });
});

describe("announcementsOf()", () => {
  const takeover = { at: "t", cause: "Vacant", from: "", gained: 0, lost: 0, addresses: ["192.0.2.1"] };
  it.each([
    { name: "the first owner", round: { ...takeover, gained: 1 }, is: [["announced", ""]] },
    { name: "a takeover", round: { ...takeover, gained: 1, from: "n1" }, is: [["announced", "n1"]] },
    { name: "what another node took over", round: { ...takeover, lost: 1, from: "n1" }, is: [] },
    {
      name: "a conflict that it lost",
      round: { ...takeover, lost: 1, from: "n1", cause: "Conflict" },
      is: [["withdrawn", ""]],
    },
    { name: "what no Service has any longer", round: { ...takeover, lost: 1 }, is: [["withdrawn", ""]] },
    { name: "an empty round", round: takeover, is: [] },
  ])("D says of $name", ({ round: one, is }) => {
    expect(announcementsOf("n2", [one]).map(({ change, from }) => [change, from])).toEqual(is);
  });
});
