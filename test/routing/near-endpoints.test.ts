import { describe, expect, it } from "vitest";
import { RouteIndex } from "#ingress/server/route-index.ts";
import {
  type Endpoint,
  type EndpointHints,
  parseEndpointSlice,
  SERVICE_NAME_LABEL,
} from "#src/model/endpoint-slice.ts";
import { nearEndpoints } from "#src/routing/ingress/near-endpoints.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import { getSharded } from "#src/routing/sharded-map.ts";
import { trimEndpointSlice } from "#src/source/kubernetes/read/trim-endpoint-slice.ts";
import { object, valueOf } from "#test/model/build.ts";
import { serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const zones = (...names: readonly string[]): EndpointHints => ({ zones: names, nodes: [] });
const nodes = (zone: string, ...names: readonly string[]): EndpointHints => ({ zones: [zone], nodes: names });

/** Slices of one ready endpoint each, the ports 1, 2 and so on, with these hints. */
function slicesWith(...hints: readonly (EndpointHints | undefined)[]) {
  return hints.map((one, index) => {
    const [slice] = slicesOf("s", [index + 1]);
    const endpoints = slice!.endpoints.map((endpoint): Endpoint => ({ ...endpoint, ...(one && { hints: one }) }));
    return { ...slice!, key: `default/s-${index}`, endpoints };
  });
}

function near(
  place: { readonly node: string; readonly zone: string | undefined },
  ...hints: readonly (EndpointHints | undefined)[]
) {
  const slices = nearEndpoints(slicesWith(...hints), place);
  return slices.filter(({ endpoints }) => endpoints.length > 0).map(({ ports }) => ports[0]?.port);
}

describe("nearEndpoints()", () => {
  const here = { node: "n1", zone: "a" };
  it.each([
    { name: "I-E6 takes those for the zone", hints: [zones("a"), zones("b"), zones("b", "a")], ports: [1, 3] },
    { name: "I-E6 takes all where one has no hint", hints: [zones("a"), undefined, zones("b")], ports: [1, 2, 3] },
    { name: "I-E6 takes all where none is for the zone", hints: [zones("b"), zones("c")], ports: [1, 2] },
    { name: "I-E6 takes all without hints", hints: [undefined, undefined], ports: [1, 2] },
    {
      name: "I-E7 takes those for the node (PreferSameNode)",
      hints: [nodes("a", "n2"), nodes("a", "n1"), nodes("b", "n3")],
      ports: [2],
    },
    {
      name: "I-E7 takes those for the zone where none is for the node",
      hints: [nodes("a", "n2"), nodes("a", "n3"), nodes("b", "n4")],
      ports: [1, 2],
    },
    {
      name: "I-E7 takes those for the zone (PreferClose, PreferSameZone)",
      hints: [zones("a"), zones("b")],
      ports: [1],
    },
  ])("$name", ({ hints, ports }) => expect(near(here, ...hints)).toEqual(ports));

  it("I-E6 takes all where the zone of the node is not known", () => {
    expect(near({ node: "n1", zone: undefined }, zones("a"), zones("b"))).toEqual([1, 2]);
  });
});

describe("RouteIndex", () => {
  it("I-E6 builds backends again when it learns of its zone", () => {
    const index = new RouteIndex({ className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true });
    const slices = slicesWith(zones("a"), zones("b")).map((after) => ({ key: after.key, before: undefined, after }));
    const services = [{ key: "default/s", before: undefined, after: serviceOf("s") }];
    const none = { ingresses: [], classes: [], services: [], slices: [] };
    const portsOf = (table: ReturnType<RouteIndex["update"]>) =>
      getSharded(table.backends, "default/s:80")?.endpoints.map(({ port }) => port);
    expect(portsOf(index.update({ ...none, services, slices }))).toEqual([1, 2]);
    expect(index.hasMoved).toBe(false);
    index.usePlace({ node: "n1", zone: "b" });
    expect([index.hasMoved, portsOf(index.update(none))]).toEqual([true, [2]]);
    index.usePlace({ node: "n1", zone: "b" });
    expect(index.hasMoved).toBe(false);
    index.usePlace({ node: "n1", zone: undefined });
    expect(portsOf(index.update(none))).toEqual([1, 2]);
  });
});

describe("parseEndpointSlice()", () => {
  it("I-E6 I-E7 reads the hints that are kept of a slice", () => {
    const endpoints = [
      { addresses: ["10.0.0.1"], hints: { forZones: [{ name: "a" }], forNodes: [{ name: "n1" }] } },
      { addresses: ["10.0.0.2"] },
    ];
    const metadata = { name: "s-1", namespace: "d", labels: { [SERVICE_NAME_LABEL]: "s" } };
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata,
      addressType: "IPv4",
      endpoints,
    };
    const read = valueOf(parseEndpointSlice(object(JSON.stringify(trimEndpointSlice(slice)))));
    expect(read.endpoints.map(({ hints }) => hints)).toEqual([{ zones: ["a"], nodes: ["n1"] }, undefined]);
  });
});
