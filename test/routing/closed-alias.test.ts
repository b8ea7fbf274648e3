import { describe, expect, it, vi } from "vitest";
import type { Ingress } from "#src/model/ingress.ts";
import { parseNetworkSet } from "#src/model/annotations/parse-network-set.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { decodedPaths } from "#src/routing/path.ts";
import { route } from "#src/routing/route.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const target = { closed: "closed-restriction" } as const;
const rules = [{ host: "a.com", paths: [{ path: "/admin", pathType: "Prefix", target, at: "spec" } as const] }];
const restricted = ingressOf("restricted", {}, { ...target, rules });
const open = ingressOf("open", { "a.com": { "/": "s", "/files": "s" } });
const table = buildRoutes(
  routingSnapshot({ ingresses: [open, restricted], services: [serviceOf("s")], slices: slicesOf("s", [1]) }),
);

describe("a closed path", () => {
  it.each([
    "/admin%2Fusers",
    "/admin%5cusers",
    "/admin\\users",
    "/admin;v=1",
    "/admin%3Bv=1/users",
    "//admin%2F",
    "/x/../admin;",
    "/admin;v=1%2Fx",
    "/;v=1%2Fx/admin",
  ])("H7 is closed for %s too, which some endpoints read as below it", (path) =>
    expect(route(table, { host: "a.com", path })).toMatchObject({ kind: "refuse", status: 503 }),
  );

  it.each(["/files/a%2Fb", "/files/%40scope%2fname", "/files/a;v=1", "/administrators%2Fx", "/files%2Fadmin"])(
    "H7 closes nothing else: %s",
    (path) =>
      expect(route(table, { host: "a.com", path })).toMatchObject({ kind: "forward", rewrittenPath: undefined }),
  );
});

describe("a path that is served with a restriction", () => {
  const settings = { deniedSources: parseNetworkSet("10.0.0.0/8")! };
  const guardedOf = (paths: Readonly<Record<string, string>>) =>
    ingressOf("guarded", { "a.com": paths }, { settings, isRestricted: true });
  const guarded = guardedOf({ "/admin": "s" });
  const tableOf = (...ingresses: readonly Ingress[]) =>
    buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [1]) }));

  it.each(["/admin%2Fusers", "/admin;v=1", "/x/../admin;", "/%61dmin%2f"])(
    "L3 takes %s from no other Ingress, which some endpoints read as below it",
    (path) => {
      expect(route(tableOf(open, guarded), { host: "a.com", path })).toMatchObject({ status: 400, reason: "bad-path" });
    },
  );

  it.each(["/administrators%2Fx", "/files/a%2Fb"])("L3 takes nothing else: %s", (path) => {
    expect(route(tableOf(open, guarded), { host: "a.com", path }).kind).toBe("forward");
  });

  it("L3 serves both spellings where the same Ingress has them, with the same restriction", () => {
    for (const path of ["/admin", "/admin%2Fusers"])
      expect(route(tableOf(guardedOf({ "/admin": "s", "/": "s" })), { host: "a.com", path })).toMatchObject({
        kind: "forward",
        rule: { isRestricted: true },
      });
  });
});

describe("a closed path with characters that clients may escape", () => {
  it.each([
    ["/@admin", "/%40admin"],
    ["/~me:secret", "/~me%3asecret"],
    ["/a+b", "/a%2Bb/c"],
    ["/what?", "/what%3F"],
    ["/{id}", "/%7Bid%7D"],
    ["/$", "/%24;v=1"],
    ["/a@b/c", "/a%40b%2Fc"],
    ["/100%", "/100%25"],
    ["/%zz", "/%25zz/x"],
  ])("I1 %s is closed for %s too, which every endpoint reads as the same", (path, request) => {
    const closedRules = [{ host: "a.com", paths: [{ path, pathType: "Prefix", target, at: "spec" } as const] }];
    const ingresses = [open, ingressOf("restricted", {}, { ...target, rules: closedRules })];
    const closed = buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [1]) }));
    expect(route(closed, { host: "a.com", path: request })).toMatchObject({ kind: "refuse", status: 503 });
  });
});

describe("a host without a closed path", () => {
  it("H15 takes no time for other spellings of paths", () => {
    const host = buildRoutes(
      routingSnapshot({ ingresses: [open], services: [serviceOf("s")], slices: slicesOf("s", [1]) }),
    );
    const replaceAll = vi.spyOn(String.prototype, "replaceAll");
    const { kind } = route(host, { host: "a.com", path: `/${"%40".repeat(2_700)}` });
    const calls = replaceAll.mock.calls.length;
    replaceAll.mockRestore();
    expect([kind, calls]).toEqual(["forward", 0]);
  });
});

describe("decodedPaths()", () => {
  it.each([
    ["/a/b", []],
    ["/a%20b", []],
    ["/a%2Fb", ["/a/b"]],
    ["/a\\b%5C;c/d;e=f", ["/a/b/d"]],
    ["/a;b%2Fc/d", ["/a/c/d", "/a/d"]],
    ["/%40a%2Fb", ["/%40a/b", "/@a%2Fb", "/@a/b"]],
    ["/100%25", []],
  ])("H7 of %s are %j", (path, decoded) => expect(decodedPaths(path)).toEqual(decoded));
});

describe("a rewritten path", () => {
  const rewrite = { kind: "replacePrefix", target: "/app" } as const;
  const target = { serviceName: "s", servicePort: 80 };
  const path = { path: "/web", pathType: "ImplementationSpecific", target, at: "spec" } as const;
  const ingress = ingressOf("rewritten", {}, { settings: { rewrite }, rules: [{ host: "a.com", paths: [path] }] });
  const rewritten = buildRoutes(
    routingSnapshot({ ingresses: [ingress], services: [serviceOf("s")], slices: slicesOf("s", [1]) }),
  );

  it.each(["/web../secret", "/web..", "/web./x", "/web..%2Fsecret", "/web..;/secret", "/web..\\secret"])(
    "H7 never leads out of its target: %s",
    (request) =>
      expect(route(rewritten, { host: "a.com", path: request })).toMatchObject({ kind: "refuse", reason: "bad-path" }),
  );

  it.each([
    ["/web", "/app"],
    ["/web/x..", "/app/x.."],
    ["/web.html", "/app/.html"],
    ["/web/...", "/app/..."],
  ])("H7 of %s is %s", (request, expected) =>
    expect(route(rewritten, { host: "a.com", path: request })).toMatchObject({ rewrittenPath: expected }),
  );
});
