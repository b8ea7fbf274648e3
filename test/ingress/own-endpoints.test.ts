import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { ownEndpoints } from "#ingress/own-endpoints.ts";
import { RouteIndex } from "#ingress/server/route-index.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { route } from "#src/routing/route.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const interfaces = () => ({ eth0: [{ address: "10.0.0.5" }, { address: "2001:db8::5" }] as NetworkInterfaceInfo[] });
const ports = new Set([80, 443]);

describe("ownEndpoints()", () => {
  it.each([
    { bound: undefined, address: "10.0.0.5", port: 80, is: true },
    { bound: "::", address: "2001:db8::5", port: 443, is: true },
    { bound: "0.0.0.0", address: "127.0.0.9", port: 80, is: true },
    { bound: undefined, address: "10.0.0.5", port: 8080, is: false },
    { bound: undefined, address: "10.0.0.6", port: 80, is: false },
    ...["0.0.0.0", "::", "::1"].map((address) => ({
      bound: undefined,
      address,
      port: 80,
      is: true,
    })),
    { bound: "10.0.0.5", address: "10.0.0.5", port: 80, is: true },
    { bound: "10.0.0.5", address: "127.0.0.1", port: 80, is: false },
  ])("H5 bound to $bound, $address:$port: $is", ({ bound, address, port, is }) => {
    expect(ownEndpoints({ address: bound, ports, interfaces, nowMs: () => 0 })(address, port)).toBe(is);
  });

  it("H5 looks at the interfaces once for many endpoints, because that is slow, and again after a second", () => {
    let looks = 0;
    let nowMs = 5_000;
    const counted = () => {
      looks += 1;
      return interfaces();
    };
    const isOwn = ownEndpoints({ address: undefined, ports, interfaces: counted, nowMs: () => nowMs });
    for (let count = 0; count < 1_000; count++) isOwn("10.0.0.6", 80);
    expect(looks).toBe(1);
    nowMs += 1_000;
    expect([isOwn("10.0.0.5", 80), looks]).toEqual([true, 2]);
  });
});

describe("RouteIndex", () => {
  const isOwn = (address: string, port: number) => address === "127.0.0.1" && port === 80;
  const added = <T extends { readonly key: string }>(list: readonly T[]) =>
    list.map((after) => ({ key: after.key, before: undefined, after }));

  function indexOf(service: string, portNumbers: readonly number[]) {
    const index = new RouteIndex(
      { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true },
      { isOwnEndpoint: isOwn },
    );
    const table = index.update({
      classes: [],
      ingresses: added([ingressOf("i", { "a.com": { "/": "s" } })]),
      services: added([serviceOf("s"), serviceOf("front")]),
      slices: added(slicesOf(service, portNumbers)),
    });
    return { index, decision: route(table, { host: "a.com", path: "/" }) };
  }

  it("H5 uses no endpoint that is the ingress itself, and names it", () => {
    const { index, decision } = indexOf("s", [80]);
    expect(decision).toMatchObject({ kind: "refuse", reason: "no-endpoint" });
    expect(index.ownEndpoints().map(({ code, at }) => `${code} ${printPlace(at)}`)).toEqual([
      'ENDPOINT_IS_INGRESS EndpointSlice "default/s-0" endpoints',
    ]);
  });

  it("H5 names it where it is an endpoint of the Service of --default-backend-service", () => {
    const index = new RouteIndex(
      { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true },
      { isOwnEndpoint: isOwn, defaultService: "default/front" },
    );
    const changes = { classes: [], ingresses: [], services: added([serviceOf("front")]) };
    const table = index.update({ ...changes, slices: added(slicesOf("front", [80])) });
    expect(route(table, { host: "a.com", path: "/" })).toMatchObject({ kind: "refuse", reason: "no-route" });
    expect(index.ownEndpoints().map(({ why }) => why)).toEqual([
      'it is this ingress itself, and --default-backend-service sends requests to Service "default/front": they would come back',
    ]);
  });

  it("H5 looks at all Ingresses again only where that may change what it says", () => {
    const { index } = indexOf("s", [80]);
    const none = { classes: [], ingresses: [], services: [], slices: [] };
    const first = index.ownEndpoints();
    index.update({ ...none, slices: added(slicesOf("front", [8080])) });
    expect(index.ownEndpoints()).toBe(first);
    const [ingress] = added([ingressOf("i", { "a.com": { "/": "s" } })]);
    index.update({ ...none, ingresses: [{ ...ingress!, after: undefined }] });
    expect(index.ownEndpoints()).toEqual([]);
  });

  it("H5 uses the others of the Service", () => {
    const { index, decision } = indexOf("s", [80, 8080]);
    expect(decision.kind === "forward" && decision.backend.endpoints.map(({ port }) => port)).toEqual([8080]);
    expect(index.ownEndpoints()).toHaveLength(1);
  });

  it("H5 says nothing of the Service in front of the ingress", () => {
    expect(indexOf("front", [80]).index.ownEndpoints()).toEqual([]);
  });
});
