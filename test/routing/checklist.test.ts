import { describe, expect, it } from "vitest";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { route } from "#src/routing/route.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

type Rules = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The path of the rule that takes a request `host/path`, or why it goes nowhere. Paths are Prefix, `=` Exact, `~` ImplementationSpecific. */
function takenBy(rules: Rules, request: string): string {
  const snapshot = { ingresses: [ingressOf("i", rules)], services: [serviceOf("s")], slices: slicesOf("s", [1]) };
  const slash = request.indexOf("/");
  const decision = route(buildRoutes(routingSnapshot(snapshot)), {
    host: request.slice(0, slash),
    path: request.slice(slash),
  });
  return decision.kind === "refuse" ? decision.reason : decision.rule.origin.path;
}

const of = (...paths: readonly string[]): Rules => ({
  "a.com": Object.fromEntries(paths.map((path) => [path, "s"])),
});
const deep = `/${Array.from({ length: 50 }, (_, index) => `e${index}`).join("/")}`;
const long = `/${"x".repeat(2_000)}`;

describe("paths of Ingresses (networking.k8s.io/v1)", () => {
  it.each([
    { id: "I-P5", rules: of("/foo/"), request: "a.com/foo", taken: "/foo/" },
    { id: "I-P5", rules: of("/foo/"), request: "a.com/foo/", taken: "/foo/" },
    { id: "I-P6", rules: of("/aaa/bb"), request: "a.com/aaa/bbb", taken: "no-route" },
    { id: "I-P7", rules: of("/aaa/bbb"), request: "a.com/aaa/bbb", taken: "/aaa/bbb" },
    { id: "I-P7", rules: of("/aaa/bbb"), request: "a.com/aaa/bbb/", taken: "/aaa/bbb" },
    { id: "I-P7", rules: of("/aaa/bbb"), request: "a.com/aaa/bbb/ccc", taken: "/aaa/bbb" },
    { id: "I-P8", rules: of("/aaa/bbb"), request: "a.com/aaa/bbbxyz", taken: "no-route" },
    { id: "I-P9", rules: of("/", "/aaa"), request: "a.com/aaa/ccc", taken: "/aaa" },
    { id: "I-P9", rules: of("/", "/aaa"), request: "a.com/ccc", taken: "/" },
    { id: "I-P16", rules: of("~/"), request: "a.com/any", taken: "/" },
    { id: "I-P21", rules: of("/", "/b"), request: "a.com/a/../b", taken: "/b" },
    { id: "I-P21", rules: of("/", "/a/b"), request: "a.com/a/./b", taken: "/a/b" },
    { id: "I-P21", rules: of("/", "/a"), request: "a.com//a", taken: "/a" },
    { id: "I-P22", rules: of("/"), request: "a.com/../a", taken: "bad-path" },
    { id: "I-P22", rules: of("/"), request: "a.com/a/../../a", taken: "bad-path" },
    { id: "I-P24", rules: of("/my-path/"), request: "a.com/my-path", taken: "/my-path/" },
    { id: "I-P24", rules: of("=/my-path/"), request: "a.com/my-path", taken: "no-route" },
    { id: "I-P26", rules: of(deep), request: `a.com${deep}/more`, taken: deep },
    { id: "I-P26", rules: of(long), request: `a.com${long}`, taken: long },
    { id: "I-P26", rules: of(long), request: `a.com${long}x`, taken: "no-route" },
  ])("$id $request", ({ rules, request, taken }) => {
    expect(takenBy(rules, request)).toBe(taken);
  });

  it("I-P27 10 000 paths on a host", () => {
    const rules = of(...Array.from({ length: 10_000 }, (_, index) => `/p${index}`));
    expect(["a.com/p0", "a.com/p9999/x", "a.com/p10000"].map((request) => takenBy(rules, request))).toEqual([
      "/p0",
      "/p9999",
      "no-route",
    ]);
  });
});

describe("hosts of Ingresses (networking.k8s.io/v1)", () => {
  const rules: Rules = {
    "foo.com": { "/exact": "s" },
    "*.foo.com": { "/wild": "s" },
    "a.foo.com": { "/a": "s" },
    "xn--bcher-kva.com": { "/punycode": "s" },
    "": { "/any": "s" },
  };
  it.each([
    { id: "I-H2", request: "foo.com:8080/exact", taken: "/exact" },
    { id: "I-H3", request: "foo.com./exact", taken: "/exact" },
    { id: "I-H3", request: "foo.com.:80/exact", taken: "/exact" },
    { id: "I-H4", request: "b.foo.com/wild", taken: "/wild" },
    { id: "I-H4", request: "b.c.foo.com/wild", taken: "no-route" },
    { id: "I-H4", request: "foo.com/wild", taken: "no-route" },
    { id: "I-H5", request: "a.foo.com/wild", taken: "no-route" },
    { id: "I-H5", request: "a.foo.com/a", taken: "/a" },
    { id: "I-H6", request: "other.org/any", taken: "/any" },
    { id: "I-H6", request: "foo.com/any", taken: "no-route" },
    { id: "I-H12", request: "fo o.com/exact", taken: "bad-host" },
    { id: "I-H12", request: "user@foo.com/exact", taken: "bad-host" },
    { id: "I-H14", request: "XN--bcher-kva.com/punycode", taken: "/punycode" },
    { id: "I-H15", request: "_x.foo.com/wild", taken: "/wild" },
  ])("$id $request", ({ request, taken }) => {
    expect(takenBy(rules, request)).toBe(taken);
  });
});
