import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchingRows } from "#src/view/page/matching-rows.ts";
import { poolRows } from "#src/view/page/pool-rows.ts";
import { viewPage } from "#src/view/page/view-page.ts";
import { visibleRows } from "#src/view/page/visible-rows.ts";
import { explainCase } from "#test/support/explain-cases.ts";

describe("visibleRows()", () => {
  const sizes = fc.record({
    count: fc.integer({ min: 0, max: 20_000 }),
    rowHeight: fc.integer({ min: 20, max: 80 }),
    top: fc.integer({ min: -50, max: 2_000_000 }),
    height: fc.integer({ min: 100, max: 2_000 }),
  });

  it("14 A: has every row that the window shows, few others, and keeps the height of the list", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const { from, to, before, after } = visibleRows(size);
        const { count, rowHeight, top, height } = size;
        expect(before + (to - from) * rowHeight + after).toBe(count * rowHeight);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to - from).toBeLessThanOrEqual(Math.ceil(height / rowHeight) + 26);
        const shown = Array.from(
          { length: Math.ceil(height / rowHeight) },
          (_, at) => Math.floor(Math.max(0, top) / rowHeight) + at,
        );
        for (const row of shown.filter((one) => one < count)) expect(row >= from && row < to).toBe(true);
      }),
    );
  });

  it.each([
    { name: "at the top", top: 0, rows: [0, 22] },
    { name: "in the middle", top: 4_000, rows: [88, 122] },
    { name: "at the end", top: 399_600, rows: [9_978, 10_000] },
    { name: "below a list that became shorter", top: 900_000, rows: [9_978, 10_000] },
  ])("$name", ({ top, rows }) => {
    const { from, to } = visibleRows({ count: 10_000, rowHeight: 40, top, height: 400 });
    expect([from, to]).toEqual(rows);
  });
});

describe("matchingRows()", () => {
  const page = viewPage(explainCase("NoEligibleNode.in.yaml"));
  it.each([
    { search: "192.0.2.1", found: ["shop/web"] },
    { search: "SHOP", found: ["shop/web"] },
    { search: "shop 192.0.2", found: ["shop/web"] },
    { search: "blog", found: [] },
    { search: "  ", found: ["shop/web"] },
  ])("14 A: finds by $search", ({ search, found }) => {
    expect([...new Set(matchingRows(page, search).addresses.map(({ service }) => service))]).toEqual(found);
  });
});

describe("poolRows()", () => {
  const pool = { name: "edge", autoAssign: true, disabled: false, ranges: ["192.0.2.1-192.0.2.9"] };
  it.each([
    { size: "9", used: 0, percent: 0, level: "ok", free: "9" },
    { size: "9", used: 9, percent: 100, level: "full", free: "0" },
    { size: "1000", used: 996, percent: 99, level: "high", free: "4" },
    { size: "18446744073709551616", used: 1, percent: 1, level: "ok", free: "18446744073709551615" },
    { size: "0", used: 0, percent: 100, level: "full", free: "0" },
  ])("$used of $size are $percent %: $level", ({ size, used, ...wanted }) => {
    expect(poolRows([{ ...pool, size, used }])).toMatchObject([wanted]);
  });

  it("says nothing of a pool whose use is not known", () => {
    expect(poolRows([{ ...pool, size: "9" }])).toMatchObject([{ used: null, percent: null, level: "unknown" }]);
  });
});
