import { describe, expect, it } from "vitest";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { listRoutes } from "#src/routing/list-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const ingresses = [
  ingressOf("b", { "b.com": { "/": "s", "=/x": "none" } }, { tls: [{ hosts: ["b.com"], secretName: undefined }] }),
  ingressOf("a", { "": { "/": "s" }, "*.a.com": { "/": "s" } }),
];
const table = buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [1, 2]) }));

describe("listRoutes()", () => {
  it("lists rules by host, with the endpoints they lead to", () => {
    const { routes, total } = listRoutes(table, 100);
    expect(total).toBe(4);
    expect(routes.map(({ host, path, tls }) => `${host} ${path} ${tls}`)).toEqual([
      "* / false",
      "*.a.com / false",
      "b.com /x true",
      "b.com / true",
    ]);
    expect(routes.map(({ endpoints }) => endpoints?.join(" "))).toEqual([
      "127.0.0.1:1 127.0.0.1:2",
      "127.0.0.1:1 127.0.0.1:2",
      undefined,
      "127.0.0.1:1 127.0.0.1:2",
    ]);
  });

  it("I1 lists closed rules with their reason and without a Service", () => {
    const target = { closed: "closed-restriction" } as const;
    const paths = [{ path: "/x", pathType: "Prefix", target, at: "here" }] as const;
    const closed = ingressOf("c", {}, { ...target, rules: [{ host: "c.com", paths }] });
    const { routes } = listRoutes(buildRoutes(routingSnapshot({ ingresses: [closed], services: [], slices: [] })), 10);
    expect(routes).toEqual([
      { host: "c.com", path: "/x", pathType: "Prefix", ingress: "default/c", closed: "closed-restriction", tls: false },
    ]);
  });

  it("I4 lists a canary with its rule, and what sends requests to it", () => {
    const canary = ingressOf(
      "c",
      { "b.com": { "/": "s" } },
      { createdMs: 1, settings: { canary: true, canaryByHeader: "x-new", canaryWeight: 5 } },
    );
    const snapshot = routingSnapshot({
      ingresses: [...ingresses, canary],
      services: [serviceOf("s")],
      slices: slicesOf("s", [1]),
    });
    const { routes, total } = listRoutes(buildRoutes(snapshot), 100);
    expect(total).toBe(4);
    expect(routes.flatMap((listed) => (listed.canary === undefined ? [] : [[listed.host, listed.canary]]))).toEqual([
      [
        "b.com",
        {
          ingress: "default/c",
          service: "default/s:80",
          header: { name: "x-new" },
          weight: 5,
          total: 100,
          endpoints: ["127.0.0.1:1"],
        },
      ],
    ]);
  });

  it("lists no more than it is asked for, and says how many there are", () => {
    const { routes, total } = listRoutes(table, 2);
    expect([routes.length, total]).toEqual([2, 4]);
  });
});
