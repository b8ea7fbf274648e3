import { array, assert, constantFrom, integer, oneof, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { readRequestHead } from "#ingress/engine/h1/read-request-head.ts";
import { KnownHosts } from "#ingress/engine/known-hosts.ts";
import { DEFAULT_LIMITS } from "#ingress/engine/limits.ts";
import { RequestHead } from "#ingress/engine/request-head.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { route } from "#src/routing/route.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { requestHeadOf } from "#test/support/request-head-of.ts";

/** A table with a rule for each of these hosts. */
function tableOf(hosts: readonly string[]): RouteTable {
  const ingresses = hosts.map((host, index) => ingressOf(`i${index}`, { [host]: { "/": "s" } }));
  return buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [1]) }));
}

const NAMES = ["a.com", "b.com", "A.com", "a.com:8080", "a.com.", "x.a.com", "ab.com", "a_b", "a b", "é.com", "[::1]"];
const tables = [tableOf([]), tableOf(["a.com"]), tableOf(["*.a.com", ""]), tableOf(["a.com", "b.com", "[::1]"])];

describe("KnownHosts", () => {
  it("has requests routed as without it, whatever hosts come in whatever order, and after each change of the table", () => {
    const hosts = oneof(
      constantFrom(...NAMES),
      // Many of one length and with the same ends: they share a place.
      integer({ min: 0, max: 99 }).map((number) => `a${number}a.com`),
    );
    const head = new RequestHead(DEFAULT_LIMITS);
    assert(
      property(array(tuple(hosts, integer({ min: 0, max: tables.length - 1 })), { maxLength: 60 }), (asked) => {
        const known = new KnownHosts();
        for (const [host, index] of asked) {
          const table = tables[index]!;
          const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, "latin1");
          expect(readRequestHead(bytes, 0, bytes.length, head)).toBe(bytes.length);
          const { text, found } = known.of(table, bytes, head);
          expect(text).toBe(host);
          expect(route(table, { host: text, path: "/", found })).toEqual(route(table, { host, path: "/" }));
        }
      }),
    );
  });

  it("takes the authority of an absolute target before the field Host", () => {
    const { bytes, head } = requestHeadOf(["GET http://b.com/ HTTP/1.1", "Host: a.com"]);
    expect(new KnownHosts().of(tables[3]!, bytes, head).text).toBe("b.com");
  });
});
