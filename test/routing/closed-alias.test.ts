import { describe, expect, it } from "vitest";
import { buildRoutes } from "#src/routing/build-routes.ts";
import { decodedPath } from "#src/routing/path.ts";
import { route } from "#src/routing/route.ts";
import { routingSnapshot } from "#src/routing/routing-snapshot.ts";
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
  ])("H7 is closed for %s too, which some endpoints read as below it", (path) =>
    expect(route(table, { host: "a.com", path })).toMatchObject({ kind: "refuse", status: 503 }),
  );

  it.each(["/files/a%2Fb", "/files/%40scope%2fname", "/files/a;v=1", "/administrators%2Fx", "/files%2Fadmin"])(
    "H7 closes nothing else: %s",
    (path) =>
      expect(route(table, { host: "a.com", path })).toMatchObject({ kind: "forward", rewrittenPath: undefined }),
  );
});

describe("decodedPath()", () => {
  it.each([
    ["/a/b", undefined],
    ["/a%20b", undefined],
    ["/a%2Fb", "/a/b"],
    ["/a\\b%5C;c/d;e=f", "/a/b/d"],
  ])("of %s is %s", (path, decoded) => expect(decodedPath(path)).toBe(decoded));
});
