import { describe, expect, it } from "vitest";
import { buildRoutes } from "#src/routing/build-routes.ts";
import { listRoutes } from "#src/routing/list-routes.ts";
import { routingSnapshot } from "#src/routing/routing-snapshot.ts";
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

  it("lists no more than it is asked for, and says how many there are", () => {
    const { routes, total } = listRoutes(table, 2);
    expect([routes.length, total]).toEqual([2, 4]);
  });
});
