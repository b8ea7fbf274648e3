import { describe, expect, it } from "vitest";
import { printReport } from "#src/source/kubernetes/leases/report-leases.ts";

type Fields = Readonly<Record<string, unknown>>;

describe("printReport()", () => {
  it("shortens the longest list until an annotation holds it, and says so", () => {
    const announcing = Array.from({ length: 20_000 }, (_, index) => ({ ip: `192.0.2.${index}`, term: index }));
    const text = printReport({ node: "n1", announcing, members: ["n1", "n2"] });
    expect(text.length).toBeLessThanOrEqual(200 * 1_024);
    const read = JSON.parse(text) as Fields;
    expect(read).toMatchObject({ node: "n1", members: ["n1", "n2"], shortened: true });
    expect(read["announcing"]).toEqual(announcing.slice(0, (read["announcing"] as unknown[]).length));
  });

  it("ends for a report that has no list", () => {
    expect(printReport({ reportedAt: "now", note: "x".repeat(300_000) })).toBe('{"reportedAt":"now","shortened":true}');
  });
});
