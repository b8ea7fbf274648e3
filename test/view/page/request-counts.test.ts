import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRequestCounts, type RequestCounts, requestRates } from "#src/view/page/request-counts.ts";

const sample = (ingress: string, status: string, value: number | string): string => {
  const [namespace = "", name = ""] = ingress.split("/");
  return `hawser_ingress_object_requests_total{namespace="${namespace}",ingress="${name}",status="${status}"} ${value}\n`;
};
const counts = (of: Readonly<Record<string, readonly [requests: number, failed: number]>>): RequestCounts =>
  new Map(Object.entries(of).map(([key, [requests, failed]]) => [key, { requests, failed }]));

describe("14 A readRequestCounts()", () => {
  it("adds the classes of statuses of each Ingress, and ignores everything else", () => {
    const page = [
      "# TYPE hawser_ingress_object_requests_total counter\n",
      sample("shop/web", "2xx", 40),
      sample("shop/web", "5xx", 2),
      sample("blog/all", "5xx", "1.5e+3"),
      'hawser_ingress_object_request_bytes_total{namespace="shop",ingress="web"} 9\n',
      sample("shop/odd", "2xx", "NaN"),
      "hawser_ingress_object_requests_total 7\n",
    ].join("");
    expect(readRequestCounts(page)).toEqual(counts({ "shop/web": [42, 2], "blog/all": [1_500, 1_500] }));
  });

  it("reads a bounded number of Ingresses", () => {
    const page = Array.from({ length: 20_010 }, (_, at) => sample(`shop/i${at}`, "2xx", 1)).join("");
    expect(readRequestCounts(page).size).toBe(20_000);
  });
});

describe("14 A requestRates()", () => {
  it.each([
    {
      name: "adds what two ingresses counted between the looks",
      before: { a: counts({ "s/i": [100, 10] }), b: counts({ "s/i": [5, 0] }) },
      after: { a: counts({ "s/i": [120, 12] }), b: counts({ "s/i": [15, 0] }) },
      rates: { "s/i": { perSecond: 15, failedPerSecond: 1 } },
    },
    {
      name: "counts one that started again from 0, and all of an Ingress that is new",
      before: { a: counts({ "s/i": [1_000, 0] }) },
      after: { a: counts({ "s/i": [4, 2], "s/new": [2, 0] }) },
      rates: { "s/i": { perSecond: 2, failedPerSecond: 1 }, "s/new": { perSecond: 1, failedPerSecond: 0 } },
    },
    {
      name: "leaves out one that was not seen before: it may count since last year",
      before: { a: counts({ "s/i": [0, 0] }) },
      after: { a: counts({ "s/i": [2, 0] }), c: counts({ "s/i": [1e9, 1e9] }) },
      rates: { "s/i": { perSecond: 1, failedPerSecond: 0 } },
    },
  ])("$name", ({ before, after, rates }) => {
    const found = requestRates(
      new Map(Object.entries(before as Readonly<Record<string, RequestCounts>>)),
      new Map(Object.entries(after as Readonly<Record<string, RequestCounts>>)),
      2_000,
    );
    expect(found).toEqual(new Map(Object.entries(rates)));
  });

  it("knows nothing where all ingresses are others than before, or no time has passed", () => {
    const one = counts({ "s/i": [1, 0] });
    expect(requestRates(new Map([["a", one]]), new Map([["b", one]]), 1_000)).toBeUndefined();
    expect(requestRates(new Map([["a", one]]), new Map([["a", one]]), 0)).toBeUndefined();
  });

  it("has no negative rate, and no more failures than requests, whatever ingresses count", () => {
    const count = fc.nat(1_000).chain((requests) => fc.tuple(fc.constant(requests), fc.nat(requests)));
    const process = fc.dictionary(fc.constantFrom("s/a", "s/b"), count).map(counts);
    const look = fc.dictionary(fc.constantFrom("p", "q"), process).map((one) => new Map(Object.entries(one)));
    fc.assert(
      fc.property(look, look, (before, after) => {
        for (const { perSecond, failedPerSecond } of requestRates(before, after, 1_000)?.values() ?? []) {
          expect(failedPerSecond).toBeGreaterThanOrEqual(0);
          expect(perSecond).toBeGreaterThanOrEqual(failedPerSecond);
        }
      }),
    );
  });
});
