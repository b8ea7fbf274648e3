import { describe, expect, it } from "vitest";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { route } from "#src/routing/route.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const ASKS = { "auth-tls-secret": "ca", "auth-tls-error-page": "https://help.test/" };

describe("auth-tls-error-page", () => {
  it.each([
    { name: "a younger Ingress of another namespace", namespace: "other", createdMs: 2, redirects: false },
    { name: "an older one of another namespace", namespace: "other", createdMs: 0, redirects: true },
    { name: "a younger one of the namespace", namespace: "default", createdMs: 2, redirects: true },
  ])("of $name redirects clients of a path without it: $redirects", ({ namespace, createdMs, redirects }) => {
    const shop = { ...annotatedIngress({}, "shop", { path: "/shop" }), createdMs: 1 };
    const asking = annotatedIngress(ASKS, "asking", { path: "/other" });
    const ingresses = [shop, { ...asking, namespace, key: `${namespace}/asking`, createdMs }];
    const table = buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [80]) }));
    const { rule } = route(table, { host: "a.com", path: "/shop" });
    const policy = rule?.filters.clientCertificates;
    expect(policy?.mode).toBe("on");
    expect(policy?.errorPage !== undefined).toBe(redirects);
  });
});
