// Snapshots for properties: few addresses, so that Services meet on them.
import type { AssignmentSnapshot, Rest } from "#src/assignment/snapshot.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";
import * as fc from "fast-check";
import { host, ip, pool, service, type Short, snapshot } from "./build.ts";

/** Of Services and of namespaces. */
export const labels = [{}, { app: "x" }] as const;
const selected: LabelSelector = [{ key: "app", operator: "In", values: ["x"] }];

/** Addresses in and outside of the pools. */
export const V4 = ["192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.255", "198.51.100.7", "10.0.0.1", "127.0.0.1"];
export const V6 = ["2001:db8::", "2001:db8::1", "2001:db8:1::7", "fd00::1"];
export const poolSets = [
  [],
  [pool("a", ["192.0.2.0/31"])],
  [pool("a", ["192.0.2.0-192.0.2.2", "2001:db8::/127"]), pool("b", ["198.51.100.4/30"], { autoAssign: false })],
  [pool("b", ["192.0.2.254-192.0.3.1"], { avoidBuggyIps: true }), pool("c", ["2001:db8:1::/64"])],
  [pool("a", ["192.0.2.0-192.0.2.2", "2001:db8::/127"], { quotaPerNamespace: 1 }), pool("b", ["198.51.100.4/30"])],
  [
    pool("a", ["192.0.2.0/30"], { namespaceSelectors: [selected], excluded: pool("", ["192.0.2.1/32"]).ranges }),
    pool("b", ["198.51.100.4/30", "2001:db8::/126"], { serviceSelectors: [selected], restMs: 60_000, priority: 1 }),
  ],
  [pool("a", ["192.0.2.0-192.0.2.2", "2001:db8::/127"], { quotaPerNamespace: 3, restMs: Infinity })],
  [
    pool("a", ["192.0.2.0/30"], { restMs: Infinity, quotaPerNamespace: 2, serviceSelectors: [] }),
    pool("b", ["198.51.100.4/30"], { isDisabled: true }),
  ],
];

const maybe = <T>(...values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined, freq: 1 });
const short = fc.record({
  createdMs: fc.nat(3),
  labels: fc.constantFrom(...labels),
  type: fc.constantFrom("LoadBalancer", "LoadBalancer", "LoadBalancer", "LoadBalancer", "NodePort"),
  families: fc.constantFrom(["ipv4"], ["ipv6"], ["ipv4", "ipv6"], ["ipv6", "ipv4"]),
  ipFamilyPolicy: fc.constantFrom("SingleStack", "PreferDualStack", "RequireDualStack"),
  sharingKey: fc.constantFrom("", "", "k", "l"),
  ports: fc.subarray(["TCP/80", "TCP/443", "UDP/80"], { minLength: 1 }),
  externalTrafficPolicy: fc.constantFrom("Cluster", "Cluster", "Local"),
  selector: fc.constantFrom({}, { app: "x" }, { app: "y" }),
  requestedPool: maybe("a", "b", "none", "b,a", "a,none"),
  requests: fc.subarray([...V4.slice(0, 1), ...V6.slice(0, 1)], { maxLength: 1 }),
  has: fc.tuple(fc.subarray(V4, { maxLength: 2 }), fc.subarray(V6, { maxLength: 1 })).map((parts) => parts.flat()),
  externalIps: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.subarray([...V4, ...V6], { maxLength: 1 })),
  addressesToRelease: fc
    .oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.subarray([...V4, ...V6], { maxLength: 3 }))
    .map((texts) => texts.map(ip)),
  allocatedFrom: maybe("a", "b"),
  markedAddresses: fc.option(
    fc.subarray([...V4, ...V6]).map((texts) => texts.map(ip)),
    { nil: undefined, freq: 1 },
  ),
  sharedTerms: fc.constantFrom(undefined, undefined, '["k","","TCP/80"]', '["l","","TCP/443"]'),
  loadBalancerClass: maybe("other"),
});
/** As the model reads it: a request is of a family that the Service takes. */
function readable(one: Short): Short {
  return { ...one, requests: (one.requests ?? []).filter((text) => one.families?.includes(ip(text).family)) };
}

/** A Service of any kind. */
export const shorts: fc.Arbitrary<Short> = short.map((one) => readable(one as Short));

/** Addresses that rest, and the Services that had them. */
export const rests: fc.Arbitrary<ReadonlyMap<string, Rest>> = fc
  .dictionary(
    fc.constantFrom(...V4, ...V6),
    fc.record({
      sinceMs: fc.integer({ min: 850_000, max: 1_000_000 }),
      service: fc.constantFrom("default/s0", "default/gone", "other/gone", ""),
    }),
  )
  .map((all) => new Map(Object.entries(all)));

/** Any snapshot of up to nine Services. */
export const snapshots: fc.Arbitrary<AssignmentSnapshot> = fc
  .record({
    pools: fc.constantFrom(...poolSets),
    all: fc.array(shorts, { maxLength: 9 }),
    nodes: fc.subarray([...V4, ...V6]),
    namespace: fc.constantFrom(...labels),
    resting: rests,
    former: fc.dictionary(fc.constantFrom("default/s0", "default/s3"), fc.subarray([...V4, ...V6])),
  })
  .map(({ pools, all, nodes, resting, former, namespace }) =>
    snapshot(
      pools,
      all.map((one, index) => service(`s${index}`, one)),
      {
        resting,
        former: new Map(Object.entries(former).map(([key, texts]) => [key, texts.map(ip)])),
        hostAddresses: new Map(nodes.map((text) => [text, host(text)])),
        namespaces: new Map([["default", namespace]]),
      },
    ),
  );
