import { describe, expect, it } from "vitest";
import type { Ingress } from "#src/model/ingress.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { claimedHosts, routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { clientCertificatesFor, route } from "#src/routing/route.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

/** Ingresses of a namespace, each with as many expressions for hosts as it may have, which take long and match nothing. */
function costly(namespace: string, count: number): readonly Ingress[] {
  const expressions = Array.from({ length: 16 }, (_, at) => `~(?:[a-z.-]?){100}(?:[a-z.-]?){100}_${at}`).join(" ");
  return Array.from({ length: count }, (_, at) => {
    const host = `${namespace}${at}.test`;
    const ingress = annotatedIngress({ "server-alias": expressions.replaceAll("_", `_${at}_`) }, `i${at}`, { host });
    return { ...ingress, namespace, key: `${namespace}/i${at}` };
  });
}

describe("expressions in server-alias", () => {
  const OWN = annotatedIngress({ "server-alias": "~^shop-\\w+\\." }, "shop", { host: "z.test" });
  const ingresses = [
    ...costly("other", 30),
    { ...OWN, key: "default/shop", namespace: "default" },
    { ...annotatedIngress({}, "all", { host: "" }), key: "default/all" },
  ];
  const table = buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [80]) }));

  it.each([
    { host: "shop-one.example.com", is: "default/shop" },
    { host: "some-other-host.example.com", is: "default/all" },
  ])("of one namespace keep no requests for $host from $is", ({ host, is }) => {
    expect(ingresses.flatMap((one) => [...claimedHosts(one)]).length).toBeGreaterThan(400);
    const decision = route(table, { host, path: "/" });
    expect([decision.kind, decision.kind === "forward" && decision.rule.origin.object]).toEqual(["forward", is]);
    expect(clientCertificatesFor(table, host)).toBeUndefined();
  });
});
