import { describe, expect, it } from "vitest";
import { printHistory } from "#cli/print-history.ts";
import { HISTORY_REPORT } from "#src/model/address-history.ts";
import { parseObject } from "#src/model/object.ts";
import { type HistoryInput, viewHistory } from "#src/view/view-history.ts";

const at = (minute: number, second = 0): string => new Date(Date.UTC(2026, 10, 28, 12, minute, second)).toISOString();
const held = (minute: number, change: string, service: string, address = "192.0.2.1") => ({
  at: at(minute),
  change,
  address,
  service,
});
const announced = (minute: number, node: string, more: object = {}) => ({
  at: at(minute, 1),
  change: "announced",
  node,
  from: "",
  cause: "Vacant",
  addresses: ["192.0.2.1"],
  ...more,
});

function service(name: string, ip: string) {
  const parsed = parseObject(
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "shop" },
      status: { loadBalancer: { ingress: [{ ip }] } },
    },
    { kind: "file", file: "test" },
  );
  if (!parsed.ok) throw new Error("not a Service");
  return parsed.value;
}

/** 192.0.2.1 was of old, then of web; n1 died meanwhile. The latest first, as it is kept. */
const report = {
  holdings: [held(20, "assigned", "shop/web"), held(10, "released", "shop/old"), held(0, "assigned", "shop/old")],
  announcements: [
    announced(30, "n2", { from: "n1", cause: "MemberSilent", addresses: ["192.0.2.1-3"] }),
    announced(20, "n1"),
    { ...announced(10, "n3"), change: "withdrawn", cause: "NotWanted" },
    announced(0, "n3"),
  ],
};
const input: HistoryInput = {
  services: [service("web", "192.0.2.1"), service("other", "192.0.2.2")],
  reports: new Map(),
  history: new Map([[HISTORY_REPORT, report]]),
};
const lines = (text: string, change: Partial<HistoryInput> = {}): readonly string[] => {
  const viewed = viewHistory({ ...input, ...change }, text);
  return viewed.ok ? printHistory(viewed.view).trimEnd().split("\n") : [viewed.why];
};

describe("viewHistory()", () => {
  it("D shows who had an address when, and which node announced it", () => {
    expect(lines("192.0.2.1")).toEqual([
      "Address 192.0.2.1",
      "2026-11-28T12:00:00Z  assigned   192.0.2.1  to shop/old",
      "2026-11-28T12:00:01Z  announced  192.0.2.1  by n3 (Vacant)",
      "2026-11-28T12:10:00Z  released   192.0.2.1  by shop/old",
      "2026-11-28T12:10:01Z  withdrawn  192.0.2.1  by n3 (NotWanted)",
      "2026-11-28T12:20:00Z  assigned   192.0.2.1  to shop/web",
      "2026-11-28T12:20:01Z  announced  192.0.2.1  by n1 (Vacant)",
      "2026-11-28T12:30:01Z  announced  192.0.2.1  by n2, before by n1 (MemberSilent)",
    ]);
  });

  it("D shows of a Service only the time that it had an address, also of a deleted one", () => {
    expect(
      lines("shop/old")
        .slice(1)
        .map((line) => line.slice(22, 31).trim()),
    ).toEqual(["assigned", "announced", "released", "withdrawn"]);
    expect(lines("web")).toHaveLength(4);
  });

  it("D shows the announcements of a Service whose address is older than the history", () => {
    expect(lines("shop/other")).toEqual([
      "Service shop/other",
      "2026-11-28T12:30:01Z  announced  192.0.2.2  by n2, before by n1 (MemberSilent)",
    ]);
  });

  it("D has what speakers reported since it was written", () => {
    const takeovers = [{ at: at(40), cause: "Rebalanced", from: "n2", gained: 1, lost: 0, addresses: ["192.0.2.1"] }];
    const reports = new Map([["speaker-n1", { node: "n1", takeovers }]]);
    expect(lines("192.0.2.1", { reports }).at(-1)).toBe(
      "2026-11-28T12:40:00Z  announced  192.0.2.1  by n1, before by n2 (Rebalanced)",
    );
  });

  it("D shows once what two leaders noted of one change", () => {
    const holdings = [held(1, "assigned", "shop/web"), held(0, "assigned", "shop/web")];
    const history = new Map([[HISTORY_REPORT, { holdings, announcements: [] }]]);
    expect(lines("192.0.2.1", { history })).toEqual([
      "Address 192.0.2.1",
      "2026-11-28T12:00:00Z  assigned   192.0.2.1  to shop/web",
    ]);
  });

  it.each([
    { text: "203.0.113.1", is: ["Address 203.0.113.1", "No change of it is known."] },
    { text: "shop/none", is: ['there is no Service "shop/none", and the history names none'] },
  ])("D says of $text that nothing is known", ({ text, is }) => expect(lines(text)).toEqual(is));
});
