import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyChanges, changesBetween } from "#src/view/page/page-changes.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { viewPage } from "#src/view/page/view-page.ts";
import { explainCase } from "#test/support/explain-cases.ts";

const page = viewPage(explainCase("NoEligibleNode.in.yaml"));
const keys = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 10 });
/** The same page with other addresses: some gone, some new, some changed, in any order. */
const pages = fc
  .tuple(keys, fc.integer({ min: 0, max: 1 }), fc.boolean())
  .map(([chosen, version, hasRoutes]): PageView => {
    const addresses = chosen.map((one) => ({ ...row, key: `k${one}`, reason: `${one % 2 === 0 ? version : 0}` }));
    return { ...page, addresses, unknown: hasRoutes ? [] : ["routes"] };
  });
const [row] = page.addresses as [PageView["addresses"][number]];

describe("changesBetween() and applyChanges()", () => {
  it("14 A: the page before with the changes is the page after", () => {
    fc.assert(
      fc.property(pages, pages, (before, after) => {
        const changes = changesBetween(before, after);
        const applied =
          changes === undefined ? before : applyChanges(before, JSON.parse(JSON.stringify(changes)) as typeof changes);
        expect(applied).toEqual(after);
      }),
    );
  });

  it("a page at a later time has no changes", () => {
    expect(changesBetween(page, { ...page, seenAt: "2026-11-28T12:00:09.000Z" })).toBeUndefined();
  });

  it("one changed row of 10,000 is sent alone", () => {
    const addresses = Array.from({ length: 10_000 }, (_, at) => ({ ...row, key: `k${at}` }));
    const after = addresses.map((one, at) => (at === 5_000 ? { ...one, owner: "n9" } : one));
    const changes = changesBetween({ ...page, addresses }, { ...page, addresses: after });
    expect(changes?.lists).toEqual({ addresses: { set: [after[5_000]], gone: [] } });
  });
});
