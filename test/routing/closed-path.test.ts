import { describe, expect, it } from "vitest";
import { parseIngress } from "#src/model/ingress.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { route } from "#src/routing/route.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { object, valueOf } from "#test/model/build.ts";
import { serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const NGINX = "nginx.ingress.kubernetes.io/";
/** A restriction that is served, and one that is not. */
const RESTRICTED = { [`${NGINX}whitelist-source-range`]: "10.0.0.0/8" };
const CLOSED = { "alb.ingress.kubernetes.io/auth-type": "oidc" };
const backend = { service: { name: "s", port: { number: 80 } } };

type Annotations = Readonly<Record<string, string>>;

function ingress(name: string, http: unknown, annotations: Annotations = {}, host: string = "a.com") {
  const metadata = { name, annotations };
  const spec = { rules: [{ host, http }] };
  return valueOf(
    parseIngress(object(JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec }))),
  );
}

const pathsOf = (path: string, pathType: string) => ({ paths: [{ path, pathType, backend }] });

/** What becomes of a request beside an open Ingress for all paths of the host; 403 where the restriction is asked first. */
function statusOf(request: string, http: unknown, annotations: Annotations, openAnnotations: Annotations = {}): number {
  const open = ingress("open", pathsOf("/", "Prefix"), openAnnotations);
  const ingresses = [open, ingress("restricted", http, annotations)];
  const table = buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [1]) }));
  const decision = route(table, { host: "a.com", path: request });
  if (decision.kind === "refuse") return decision.status;
  return decision.rule.isRestricted ? 403 : 200;
}

describe("a path of a restricted Ingress is closed", () => {
  it.each([
    ["/admin/*", "ImplementationSpecific", "/admin/x"],
    ["/admin/*", "ImplementationSpecific", "/admin"],
    ["/admin*", "Prefix", "/admin/x"],
    ["/~/admin/\\d+$", "ImplementationSpecific", "/admin/5"],
    ["/tea/[A-Z]+", "Prefix", "/tea/X"],
    ["/*", "ImplementationSpecific", "/"],
    ["/admin/", "ImplementationSpecific", "/admin"],
  ])("I1 %s (%s), for %s, as its own controller reads it", (path, pathType, request) => {
    expect(statusOf(request, pathsOf(path, pathType), CLOSED)).toBe(503);
    expect(statusOf(request, pathsOf(path, pathType), RESTRICTED)).toBe(path === "/admin/" ? 403 : 503);
    expect(statusOf("/other", pathsOf(path.replace("/*", "/b/*"), pathType), RESTRICTED)).toBe(200);
  });

  it.each(["/admin", "/ADMIN", "/admin/x", "/administrators", "/Admin%2Fx"])(
    "I1 for %s, where an Ingress of the host has regular expressions",
    (request) => {
      for (const pathType of ["Exact", "Prefix", "ImplementationSpecific"]) {
        const [own, other] = [`${NGINX}use-regex`, `${NGINX}rewrite-target`];
        expect(statusOf(request, pathsOf("/admin", pathType), { ...CLOSED, [own]: "true" })).toBe(503);
        expect(statusOf(request, pathsOf("/admin", pathType), CLOSED, { [other]: "/" })).toBe(503);
        for (const annotations of [RESTRICTED, { ...RESTRICTED, [own]: "true" }])
          expect([400, 403, 503]).toContain(
            statusOf(request, pathsOf("/admin", pathType), annotations, { [other]: "/" }),
          );
      }
      expect(statusOf("/other", pathsOf("/admin", "Prefix"), RESTRICTED, { [`${NGINX}use-regex`]: "true" })).toBe(200);
    },
  );

  it("I1 and stays open where an older Ingress has the same path, also beside regular expressions", () => {
    const regex = { [`${NGINX}use-regex`]: "true" };
    expect(statusOf("/x", pathsOf("/", "Prefix"), RESTRICTED, regex)).toBe(200);
  });

  it("I1 I4 and app-root that cannot be read closes the root alone, also beside regular expressions", () => {
    const metadata = { name: "root", annotations: { [`${NGINX}app-root`]: "x", [`${NGINX}use-regex`]: "true" } };
    const spec = { rules: [{ host: "a.com", http: pathsOf("/b", "Prefix") }], defaultBackend: backend };
    const root = valueOf(
      parseIngress(object(JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec }))),
    );
    const snapshot = { ingresses: [root], services: [serviceOf("s")], slices: slicesOf("s", [1]) };
    const kindOf = (path: string) => route(buildRoutes(routingSnapshot(snapshot)), { host: "a.com", path }).kind;
    expect(["/", "/b", "/x"].map(kindOf)).toEqual(["refuse", "forward", "forward"]);
  });

  it("I1 among 10 000 expressions, nested ones too, for the cost of few", () => {
    const texts = Array.from({ length: 10_000 }, (_, index) => `/p${index}/x/.*`);
    const paths = ["/p7/.*", "/p7/x/y+", "/p7/x/.*", ...texts].map(
      (path) => pathsOf(path, "ImplementationSpecific").paths[0],
    );
    const ingresses = [ingress("open", pathsOf("/", "Prefix")), ingress("restricted", { paths }, RESTRICTED)];
    const table = buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [1]) }));
    const kindOf = (path: string) => route(table, { host: "a.com", path }).kind;
    expect(["/p7/z", "/P7/x/z", "/p9999/x/", "/p0/x/y"].map(kindOf)).toEqual(["refuse", "refuse", "refuse", "refuse"]);
    expect(["/", "/p8/z", "/p", "/z", "/p9999"].map(kindOf)).toEqual(Array.from({ length: 5 }, () => "forward"));
    const { user: before } = process.cpuUsage();
    for (let count = 0; count < 10_000; count++) kindOf("/z/y");
    // 90 us for each when all patterns were compared.
    expect(process.cpuUsage().user - before).toBeLessThan(300_000);
  });

  it("I1 is compared with no more than 5 million steps of expressions for a request, and the rest is refused", () => {
    const paths = Array.from({ length: 100 }, (_, index) => ({
      path: `/(.*a){40}q${index}`,
      pathType: "ImplementationSpecific",
      backend,
    }));
    const regex = { [`${NGINX}use-regex`]: "true" };
    const ingresses = [
      ingress("heavy", { paths }, { ...regex, ...RESTRICTED }),
      ingress("open", pathsOf("/", "Prefix")),
    ];
    const table = buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [1]) }));
    const long = `/${"a/".repeat(4_000)}`;
    // The second has other spellings, which are compared too.
    for (const path of [long, `/${"a%40".repeat(500)}`])
      expect(route(table, { host: "a.com", path })).toMatchObject({ status: 414, reason: "target-too-long" });
    expect(route(table, { host: "a.com", path: "/a/b" }).kind).toBe("forward");
    expect(route(table, { host: "a.com", path: `/${"a".repeat(100)}q7` })).toMatchObject({
      rule: { origin: { path: "/(.*a){40}q7" } },
    });
  });

  it("I1 is found in time, however long an expression is", () => {
    const path = `/a|${"[".repeat(300_000)}`;
    const { user: before } = process.cpuUsage();
    expect(statusOf("/x", pathsOf(path, "ImplementationSpecific"), CLOSED)).toBe(503);
    // More than a minute when the end of each bracket was looked for.
    expect(process.cpuUsage().user - before).toBeLessThan(3_000_000);
  });

  it.each([{ paths: { path: "/admin" } }, { paths: "/admin" }, "/admin", [{ path: "/admin" }]])(
    "I1 with all others of its host where it cannot be read: %j",
    (http) => {
      expect(statusOf("/admin", http, RESTRICTED)).toBe(503);
      expect(statusOf("/admin", http, {})).toBe(200);
    },
  );

  it.each(["/x", "/b"])(
    "I1 %s, which an alternative after a quote or a comment of an expression matches",
    (request) => {
      for (const path of ["/a\\Q(\\E|/.*", "/a(?#()|/.*", "/a[\\]]|.x]", "/a[]|/.*", "/a[^x|/.*"])
        expect(statusOf(request, pathsOf(path, "ImplementationSpecific"), RESTRICTED)).toBe(503);
    },
  );
});
