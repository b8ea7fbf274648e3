import { describe, expect, it } from "vitest";
import type { HoldingChange } from "#src/model/address-history.ts";
import { cutHoldings, isCutHoldings, MAX_HOLDINGS } from "#src/model/cut-holdings.ts";

const LATEST_MS = Date.UTC(2026, 0, 2);

/** The `ago`-th latest change. */
function change(ago: number, service: string, more: Partial<HoldingChange> = {}): HoldingChange {
  const at = new Date(LATEST_MS - ago * 1_000).toISOString();
  return { at, change: "released", address: `10.0.${ago >> 8}.${ago & 255}`, service, ...more };
}

const many = (count: number, namespace: string, from = 0): readonly HoldingChange[] =>
  Array.from({ length: count }, (_, at) => change(from + at, `${namespace}/s`));
const none = (): boolean => false;

describe("cutHoldings()", () => {
  it("D leaves a list that fits as it is", () => {
    const list = many(MAX_HOLDINGS, "a");
    expect(cutHoldings(list, none)).toBe(list);
    expect(isCutHoldings(list)).toBe(true);
    expect(isCutHoldings(list.slice(1))).toBe(false);
  });

  it("D drops the oldest change of the namespace that has most: it pushes out no other", () => {
    const loud = many(1_500, "loud");
    const quiet = many(20, "quiet", 5_000);
    const kept = cutHoldings([...loud, ...quiet], none);
    expect(kept).toEqual([...loud.slice(0, MAX_HOLDINGS - 20), ...quiet]);
  });

  it("D drops what says for which Service an address is kept last", () => {
    const loud = many(1_500, "loud");
    const [old, older] = [change(2_000, "loud/kept"), change(2_001, "loud/kept", { address: "10.0.7.208" })];
    const kept = cutHoldings([...loud, old, older], (address) => address === old.address);
    // Of one address the latest change says that: 10.0.7.208 is the address of both.
    expect(old.address).toBe("10.0.7.208");
    expect([kept.length, kept.includes(old), kept.includes(older)]).toEqual([MAX_HOLDINGS, true, false]);
    const all = cutHoldings(loud, () => true);
    expect(all).toEqual(loud.slice(0, MAX_HOLDINGS));
  });

  it("D has room for long names, too", () => {
    const long = `${"n".repeat(63)}/${"s".repeat(63)}`;
    const list = Array.from({ length: 1_000 }, (_, at) => change(at, long, { address: `2001:db8:${at}:1:1:1:1:1` }));
    const kept = cutHoldings(list, none);
    expect(JSON.stringify(kept).length).toBeLessThanOrEqual(120 * 1_024);
    expect(JSON.stringify(kept).length).toBeGreaterThan(119 * 1_024);
    expect([isCutHoldings(kept), kept]).toEqual([true, list.slice(0, kept.length)]);
  });
});
