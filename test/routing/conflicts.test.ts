import { describe, expect, it } from "vitest";
import type { Ingress } from "#src/model/ingress.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { route } from "#src/routing/route.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const services = ["s", "t"].map(serviceOf);
const slices = ["s", "t"].flatMap((name) => slicesOf(name, [1]));

/** The Service that takes a request for `a.com/` and a path, or why none does. */
function takenBy(ingresses: readonly Ingress[], path = "/", host = "a.com"): string {
  const decision = route(buildRoutes(routingSnapshot({ ingresses, services, slices })), { host, path });
  if (decision.kind === "refuse") return decision.reason;
  return decision.kind === "forward" ? decision.backend.key : decision.kind;
}

describe("Ingresses of one host", () => {
  const old = ingressOf("old", { "a.com": { "/": "s" } }, { createdMs: 1 });
  const young = ingressOf("young", { "a.com": { "/": "t", "/young": "t" } }, { createdMs: 2 });

  it("I-C13 I-C16 serve one path by the oldest, and by the next when that is gone", () => {
    expect([takenBy([young, old]), takenBy([young])]).toEqual(["default/s:80", "default/t:80"]);
  });

  it("I-C14 serve the paths of both", () => expect(takenBy([young, old], "/young")).toBe("default/t:80"));

  it("I-C11 I-B17 send requests to Services of their own namespace alone", () => {
    const elsewhere = { ...old, namespace: "other", key: "other/old" };
    expect(takenBy([elsewhere])).toBe("no-service");
  });

  it.each([
    { name: "a regular expression that cannot be read", annotations: { "use-regex": "true" }, path: "/broken/(" },
    { name: "a restriction that is not served", annotations: { "auth-type": "digest" }, path: "/broken" },
    { name: "a setting that cannot be read", annotations: { "proxy-body-size": "much" }, path: "/broken" },
    { name: "a redirect that cannot be read", annotations: { "permanent-redirect": "::" }, path: "/broken" },
  ])("I-B21 change nothing for each other by $name", ({ annotations, path }) => {
    const broken = annotatedIngress(annotations, "broken", { path, pathType: "ImplementationSpecific" });
    expect([takenBy([broken, old]), takenBy([broken, old], "/any"), takenBy([broken, old], "/", "b.com")]).toEqual([
      "default/s:80",
      "default/s:80",
      "no-route",
    ]);
  });
});

describe("default backends", () => {
  const backend = { serviceName: "t", servicePort: 80 };
  it("I-B2 of an Ingress with rules are for its hosts alone", () => {
    const only = ingressOf("i", { "a.com": { "/x": "s" } }, { defaultBackend: backend });
    expect([takenBy([only]), takenBy([only], "/", "b.com")]).toEqual(["default/t:80", "no-route"]);
  });

  it("I-B2 of one with a rule for every host are for all", () => {
    const all = ingressOf("i", { "": { "/x": "s" } }, { defaultBackend: backend });
    expect([takenBy([all]), takenBy([all], "/", "b.com")]).toEqual(["default/t:80", "default/t:80"]);
  });

  it("I-B3 of one with a rule without paths are for all of its host", () => {
    const whole = ingressOf("i", { "a.com": {} }, { defaultBackend: backend });
    expect([takenBy([whole], "/any"), takenBy([whole], "/", "b.com")]).toEqual(["default/t:80", "no-route"]);
  });
});
