// A controller that starts again, at any moment, decides what the one before it decided.
import type { KubeObject } from "#src/model/object.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configObject, nodeObject, serviceObject, World } from "./world.ts";

const names = ["a", "b", "c", "d"] as const;
const named = fc.constantFrom(...names);

type Step = (world: World) => Promise<void>;

/** Reports are gathered for so long; retries of writes come after. */
const REPORTS_MS = 500;

const configs = [
  "address-pools:\n- { name: p, protocol: layer2, addresses: [192.0.2.0/31] }\n",
  'address-pools:\n- { name: p, protocol: layer2, addresses: [192.0.2.0/30] }\n- { name: v6, protocol: layer2, addresses: ["2001:db8::/126"] }\n',
  'address-pools:\n- { name: q, protocol: layer2, addresses: [192.0.2.1-192.0.2.2] }\n- { name: v6, protocol: layer2, addresses: ["2001:db8::/127"], auto-assign: false }\n',
  "address-pools: []\n",
];

const ports = fc.subarray([80, 81, 82], { minLength: 1 });
const specs = fc.record({
  type: fc.constantFrom("LoadBalancer", "LoadBalancer", "LoadBalancer", "ClusterIP"),
  externalTrafficPolicy: fc.constantFrom("Cluster", "Local"),
  selector: fc.constantFrom({ app: "x" }, { app: "y" }),
  ipFamilies: fc.constantFrom(["IPv4"], ["IPv4"], ["IPv4", "IPv6"]),
  ipFamilyPolicy: fc.constantFrom("SingleStack", "PreferDualStack", "RequireDualStack"),
  ports: ports.map((all) => all.map((port) => ({ name: `p${port}`, port, protocol: "TCP" }))),
});
const requests = fc.constantFrom({}, {}, { "hawser.dev/address-pool": "p,v6" }, { "metallb.io/address-pool": "q" });
const keys = fc.constantFrom({}, { "hawser.dev/sharing-key": "k" }, { "hawser.dev/sharing-key": "k" });

function nodeAt(name: string, address: string): KubeObject {
  const { status, ...node } = nodeObject(name) as KubeObject & { status: object };
  return { ...node, status: { ...status, addresses: [{ type: "InternalIP", address }] } };
}

const has = (world: World, name: string): boolean => world.source.list("Service").has(`default/${name}`);

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(named, specs, requests, keys).map(([name, spec, request, key]): Step => async (world) => {
      const options = { spec, annotations: { ...request, ...key }, createdMs: names.indexOf(name) };
      if (has(world, name)) await world.edit(name, options);
      else await world.put(serviceObject(name, options));
    }),
  },
  {
    weight: 1,
    arbitrary: named.map((name): Step => async (world) => {
      if (has(world, name)) await world.remove(name);
    }),
  },
  {
    weight: 1,
    arbitrary: named.map((name): Step => async (world) => {
      if (has(world, name)) await world.overwrite(name, { loadBalancer: {} });
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(named, fc.constantFrom("192.0.2.0", "192.0.2.1", "203.0.113.7", "127.0.0.1"))
      .map(([name, ip]): Step => async (world) => {
        if (has(world, name)) await world.overwrite(name, { loadBalancer: { ingress: [{ ip }] } });
      }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...configs).map(
      (text): Step =>
        async (world) =>
          world.put(configObject(text)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("192.0.2.0", "192.0.2.2", "10.0.0.1").map(
      (ip): Step =>
        async (world) =>
          world.put(nodeAt("n1", ip)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("/32", "/30").map((length): Step => async (world) => {
      const eth0 = { name: "eth0", mac: "", subnets: [`192.0.2.1${length}`], addresses: ["192.0.2.1"] };
      world.source.publishes("member-n1", { node: "n1", addresses: ["10.0.0.1"], interfaces: [eth0] });
      await world.advance(REPORTS_MS);
    }),
  },
);

describe("a controller that is started again", () => {
  it("writes nothing where the one before it had come to rest", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...configs),
        fc.array(steps, { minLength: 1, maxLength: 12 }),
        async (first, all) => {
          const world = new World();
          world.source.put(configObject(first));
          await world.start();
          for (const step of all) await step(world);
          // Contests, retries and rests of addresses end.
          for (let wait = 0; wait < 3; wait++) await world.advance(1_300_000);
          await world.stop();
          const before = world.source.patched.length;
          const again = await new World(world.source, world.time).start();
          await again.advance(1_300_000);
          await again.stop();
          expect(world.source.patched.slice(before)).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);
});
