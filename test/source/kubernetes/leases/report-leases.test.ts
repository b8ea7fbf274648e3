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

  it("L5 shortens the list that makes it long, also inside of another one, and costs nothing beside it", () => {
    const addresses = Array.from({ length: 20_000 }, (_, number) => `2001:db8:${number.toString(16)}::1`);
    const small = { addresses: ["192.0.2.1"], reasons: { NoSubnet: 1 } };
    const members = Array.from({ length: 1_000 }, (_, number) => ({ node: `n${number}` }));
    const report = { node: "n1", members, unowned: [small, { addresses, reasons: { NoSubnet: 2 } }] };
    const read = JSON.parse(printReport(report)) as typeof report;
    expect(read).toEqual({
      ...report,
      unowned: [small, { addresses: addresses.slice(0, 10_000), reasons: { NoSubnet: 2 } }],
      shortened: true,
    });
  });
});
