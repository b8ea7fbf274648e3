import { describe, expect, it } from "vitest";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { route } from "#src/routing/route.ts";
import { certificateSecretClaims } from "#src/tls/find-certificate-secrets.ts";
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

describe("auth-tls-secret of an Ingress that is closed for another reason", () => {
  it("I1 holds for the paths of other Ingresses of the host still", () => {
    const asking = annotatedIngress({ ...ASKS, "limit-rps": "x" }, "asking", { path: "/closed" });
    const ingresses = [asking, annotatedIngress({}, "open", { path: "/open" })];
    const table = buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [80]) }));
    const of = (path: string) => route(table, { host: "a.com", path }).rule;
    expect([of("/closed")?.action.kind, of("/open")?.action.kind]).toEqual(["closed", "forward"]);
    expect(of("/open")?.filters.clientCertificates?.secret).toBe("default/ca");
    expect(certificateSecretClaims(ingresses).map(({ secret }) => secret)).toEqual(["default/ca"]);
  });
});
