import { describe, expect, it } from "vitest";
import { inputOfObjects } from "#test/support/input-of-objects.ts";
import { parseIp } from "#src/ip/address.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { planRelease, releaseText, releaseTextWithout, type ReleaseWish } from "#src/view/plan-release.ts";
import type { StatusInput } from "#src/view/status-input.ts";

const pool = (name: string, range: string, more = ""): string =>
  `    - { name: ${name}, protocol: layer2, addresses: [${range}]${more} }\n`;

interface Shown {
  readonly name: string;
  readonly has: readonly string[];
  readonly from?: string;
  readonly spec?: string;
  readonly annotations?: string;
  readonly port?: number;
  /** What Hawser noted that it assigned; by default all. */
  readonly marks?: string;
}

const serviceText = (
  { name, has, from = "old", spec = "", annotations = "", port = 80, marks = has.join(",") }: Shown,
  at: number,
): string => `
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: shop
  creationTimestamp: "2026-11-28T10:00:0${at}Z"
  annotations: { hawser.dev/ip-allocated-from-pool: "${from}", hawser.dev/assigned-addresses: "${marks}", ${annotations} }
spec: { type: LoadBalancer, ports: [{ port: ${port} }], ${spec} }
status: { loadBalancer: { ingress: [${has.map((ip) => `{ ip: "${ip}" }`).join(", ")}] } }
`;

function inputOf(pools: readonly string[], services: readonly Shown[]): StatusInput {
  const config = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: hawser, namespace: hawser-system }\ndata:\n  config: |\n    address-pools:\n${pools.join("")}`;
  const { objects } = parseManifests([config, ...services.map(serviceText)].join("---\n"), "f.yaml");
  return inputOfObjects(objects, { namespaces: [], slices: [] });
}

const NONE: ReleaseWish = { services: [], address: undefined, pool: undefined };

/** `shop/a: 192.0.2.0 -> 198.51.100.0` for each address, or why not. */
function planned(pools: readonly string[], services: readonly Shown[], wish: Partial<ReleaseWish>): readonly string[] {
  const plan = planRelease(inputOf(pools, services), { ...NONE, ...wish });
  if (!plan.ok) return [`no: ${plan.why}`];
  const lines = plan.releases.flatMap(({ service, addresses }) =>
    addresses.map(({ from, to, why }) => `${service}: ${from} -> ${why === undefined ? (to ?? "-") : "stays"}`),
  );
  return [...lines, ...plan.notes];
}

const OLD = pool("old", "192.0.2.0/30");
const DISABLED = pool("old", "192.0.2.0/30", ", disabled: true");
const NEW = pool("new", "198.51.100.0/30");
const SHARED = "hawser.dev/sharing-key: k";
const A: Shown = { name: "a", has: ["192.0.2.0"] };
const B: Shown = { name: "b", has: ["192.0.2.1"] };

describe("C planRelease()", () => {
  it.each<{
    name: string;
    pools: readonly string[];
    services: readonly Shown[];
    wish: Partial<ReleaseWish>;
    gives: readonly string[];
  }>([
    {
      name: "a Service: its orphaned address",
      pools: [NEW],
      services: [A, B],
      wish: { services: ["shop/b"] },
      gives: ["shop/b: 192.0.2.1 -> 198.51.100.0"],
    },
    {
      name: "a Service: not what a pool contains",
      pools: [NEW],
      services: [{ name: "a", has: ["192.0.2.0", "198.51.100.3"], from: "old,new" }],
      wish: { services: ["shop/a"] },
      gives: ["shop/a: 192.0.2.0 -> -"],
    },
    {
      name: "a pool that is gone: oldest first",
      pools: [NEW],
      services: [B, A],
      wish: { pool: "old" },
      gives: ["shop/b: 192.0.2.1 -> 198.51.100.0", "shop/a: 192.0.2.0 -> 198.51.100.1"],
    },
    {
      name: "a pool that is gone, beside orphans of another",
      pools: [NEW],
      services: [A, { ...B, from: "older" }],
      wish: { pool: "old" },
      gives: ["shop/a: 192.0.2.0 -> 198.51.100.0"],
    },
    {
      name: "a pool that is disabled, with what it no longer contains",
      pools: [DISABLED, NEW],
      services: [A, { name: "b", has: ["203.0.113.1"] }],
      wish: { pool: "old" },
      gives: ["shop/a: 192.0.2.0 -> 198.51.100.0", "shop/b: 203.0.113.1 -> 198.51.100.1"],
    },
    {
      name: "a pool that assigns: refused",
      pools: [OLD, NEW],
      services: [A],
      wish: { pool: "old" },
      gives: [
        'no: pool "old" still assigns addresses, so its Services would get others of the same pool. Write disabled: true in the pool first',
      ],
    },
    {
      name: "a pool that assigns and became smaller: only what it no longer contains",
      pools: [pool("old", "192.0.2.0/32"), NEW],
      services: [A, B],
      wish: { pool: "old" },
      gives: [
        "shop/b: 192.0.2.1 -> 198.51.100.0",
        'Pool "old" still assigns addresses: only those that it no longer contains are released. To release all, write disabled: true in the pool first.',
      ],
    },
    {
      name: "an address, of all Services that share it",
      pools: [OLD, NEW],
      services: [
        { ...A, annotations: SHARED },
        { ...A, name: "b", annotations: SHARED, port: 81 },
      ],
      wish: { address: parseIp("192.0.2.0") },
      gives: [
        "shop/a: 192.0.2.0 -> 192.0.2.1",
        "shop/b: 192.0.2.0 -> 192.0.2.1",
        'Pool "old" assigns 192.0.2.0 to other Services when it has rested. To prevent that, write it under excluded-addresses.',
      ],
    },
    {
      name: "an address that its pool excludes",
      pools: [pool("old", "192.0.2.0/30", ", excluded-addresses: [192.0.2.0]")],
      services: [A],
      wish: { address: parseIp("192.0.2.0") },
      gives: ["shop/a: 192.0.2.0 -> 192.0.2.1"],
    },
    {
      name: "an address that the Service asks for",
      pools: [DISABLED, NEW],
      services: [{ ...A, spec: "loadBalancerIP: 192.0.2.0" }],
      wish: { services: ["shop/a"], address: parseIp("192.0.2.0") },
      gives: ["shop/a: 192.0.2.0 -> stays"],
    },
    {
      name: "more than there is room for",
      pools: [pool("new", "198.51.100.0/32")],
      services: [A, B],
      wish: { pool: "old" },
      gives: ["shop/a: 192.0.2.0 -> 198.51.100.0", "shop/b: 192.0.2.1 -> stays"],
    },
    {
      name: "an address that is another provider's",
      pools: [],
      services: [{ name: "a", has: ["203.0.113.9"], marks: "192.0.2.0" }],
      wish: { address: parseIp("203.0.113.9") },
      gives: ["no: no Service that Hawser serves has 203.0.113.9"],
    },
  ])("$name", ({ pools, services, wish, gives }) => expect(planned(pools, services, wish)).toEqual(gives));

  it("calls settings of an IPAddressPool as they are called there", () => {
    const resource = { kind: "IPAddressPool", apiVersion: "metallb.io/v1beta1" };
    const { objects } = parseManifests(
      `{ apiVersion: ${resource.apiVersion}, kind: ${resource.kind}, metadata: { name: old, namespace: metallb-system }, spec: { addresses: [192.0.2.0/30] } }`,
      "f.yaml",
    );
    const input = { ...inputOf([], [A]), configMaps: [], resources: objects };
    expect(planRelease(input, { ...NONE, pool: "old" })).toEqual({
      ok: false,
      why: 'pool "old" still assigns addresses, so its Services would get others of the same pool. Write hawser.dev/disabled: "true" in the pool first',
    });
  });

  it("says that it cannot know where the configuration cannot be used", () => {
    const plan = planRelease(inputOf(["    - 5\n"], [A]), { ...NONE, pool: "old" });
    expect(plan).toEqual({
      ok: false,
      why: "the configuration cannot be used, so it is not known which pools there are",
    });
  });

  it("adds to a wish that is there, and takes its own part back", () => {
    const [object] =
      inputOf([NEW], [{ ...A, annotations: '"hawser.dev/release-addresses": "192.0.2.7, x"' }]).services ?? [];
    if (object === undefined) throw new Error("no Service");
    expect(releaseText(object, ["192.0.2.0", "192.0.2.7"])).toBe("192.0.2.7,x,192.0.2.0");
    expect(releaseTextWithout(object, ["192.0.2.7"])).toBe("x");
    expect(releaseTextWithout(object, ["192.0.2.7", "x"])).toBeUndefined();
  });
});
