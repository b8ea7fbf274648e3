// `hawser plan` foretells what the controller then writes: the same objects, a change, and a controller over them.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "#src/model/object.ts";
import { foretell } from "#src/view/foretell.ts";
import type { StatusInput } from "#src/view/status-input.ts";
import { nodeObject, pools, serviceObject, World } from "./world.ts";

/** Longer than addresses rest, and than any pause between attempts. */
const SETTLED_MS = 600_000;

const names = ["a", "b", "c", "d"] as const;
const ranges = fc.subarray(["192.0.2.0/31", "192.0.2.4/31", "198.51.100.0/32"], { minLength: 1 });
const shape = fc.record({
  type: fc.constantFrom("LoadBalancer", "LoadBalancer", "LoadBalancer", "ClusterIP"),
  key: fc.constantFrom(undefined, undefined, "k"),
  asks: fc.constantFrom(undefined, undefined, "192.0.2.1", "198.51.100.0", "203.0.113.9"),
  port: fc.constantFrom(80, 81),
});
const services = fc.dictionary(fc.constantFrom(...names), shape);

function serviceOf(name: string, { type, key, asks, port }: typeof shape extends fc.Arbitrary<infer T> ? T : never) {
  const annotations = {
    ...(key === undefined ? {} : { "metallb.io/allow-shared-ip": key }),
    ...(asks === undefined ? {} : { "hawser.dev/load-balancer-ips": asks }),
  };
  const spec = { type, ports: [{ port, protocol: "TCP" }] };
  return serviceObject(name, { createdMs: 1 + names.indexOf(name as "a"), annotations, spec });
}

function inputOf(world: World): StatusInput {
  const list = (kind: "ConfigMap" | "Service" | "Node") => [...world.source.list(kind).values()];
  return {
    nowMs: 1_000,
    namespace: "hawser-system",
    loadBalancerClass: undefined,
    configMap: "hawser-system/hawser",
    configMaps: list("ConfigMap"),
    services: list("Service"),
    nodes: list("Node"),
    slices: [],
    processes: [],
    reports: new Map(),
    members: new Map(),
    leases: new Map(),
    events: [],
    problems: [],
  };
}

function addresses(world: World): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [key, object] of world.source.list("Service")) {
    const status = object["status"] as { loadBalancer?: { ingress?: { ip: string }[] } } | undefined;
    found.set(key, (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip).sort());
  }
  return found;
}

describe("hawser plan", () => {
  it("H foretells what the controller then writes", async () => {
    await fc.assert(
      fc.asyncProperty(ranges, services, ranges, services, async (first, present, second, changed) => {
        const world = new World();
        world.source.put(pools(...first), nodeObject("n1"));
        for (const [name, one] of Object.entries(present)) world.source.put(serviceOf(name, one));
        await world.start();
        await world.advance(SETTLED_MS);
        const change: KubeObject[] = [pools(...second)];
        for (const [name, one] of Object.entries(changed)) change.push(serviceOf(name, one));
        const foretold = foretell(inputOf(world), { applied: change });
        const expected = new Map([...addresses(world)].map(([key, ips]) => [key, new Set(ips)]));
        const of = (key: string) => expected.get(key) ?? expected.set(key, new Set()).get(key) ?? new Set<string>();
        for (const { service, address } of foretold.lose) of(service).delete(address);
        for (const { service, from } of foretold.move) of(service).delete(from);
        for (const { service, to } of foretold.move) of(service).add(to);
        for (const { service, address } of foretold.gain) of(service).add(address);
        for (const object of change) {
          const known = world.source.list(object.kind).get(`${object.metadata.namespace}/${object.metadata.name}`);
          const written = Object.entries(known?.metadata.annotations ?? {}).filter(([name]) =>
            /assigned|pool|terms/.test(name),
          );
          const annotations = { ...object.metadata.annotations, ...Object.fromEntries(written) };
          const createdMs = known?.metadata.createdMs ?? 1_000;
          world.source.put({
            ...object,
            status: known?.["status"],
            metadata: { ...object.metadata, annotations, createdMs },
          });
        }
        await world.idle();
        await world.advance(SETTLED_MS);
        const reached = [...addresses(world)].filter(([, ips]) => ips.length > 0);
        const wanted = [...expected].filter(([, ips]) => ips.size > 0).map(([key, ips]) => [key, [...ips].sort()]);
        expect(Object.fromEntries(reached)).toEqual(Object.fromEntries(wanted));
        await world.stop();
      }),
      { numRuns: 60 },
    );
  });
});
