import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PoolStatuses } from "#controller/pool-statuses.ts";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { install } from "#lab/cluster/definition.ts";
import { whyNoMetallb } from "#lab/metallb/build-metallb.ts";
import { metallbDefinition, metallbDefinitions } from "#lab/metallb/metallb-definitions.ts";
import type { PoolUsage } from "#src/assignment/snapshot.ts";
import { RESOURCE_PARSERS } from "#src/configuration/custom-resources.ts";
import { factsOf, METALLB_KINDS, type MetallbKind } from "#src/model/kind.ts";
import { POOL_ANNOTATIONS } from "#src/model/metallb/pool-annotations.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { Pool } from "#src/model/pool.ts";
import { createLogger } from "#src/process/log.ts";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import { collectionPath, objectPath } from "#src/source/kubernetes/read/collection-path.ts";
import type { Source, StatusPatch } from "#src/source/source.ts";
import { eventually } from "#test/support/eventually.ts";

const reason = whyNoCluster() ?? whyNoMetallb();
if (reason !== undefined) console.log(`skipped, no Kubernetes with MetalLB's definitions can be had here: ${reason}`);

const NAMESPACE = "metallb-system";
const log = createLogger({ component: "test", level: "silent" });

/** The smallest spec that MetalLB's definition of each kind takes, and that means something. */
const SPECS: Readonly<Record<MetallbKind, object>> = {
  IPAddressPool: { addresses: ["192.0.2.0/28", "2001:db8::/64"] },
  L2Advertisement: { ipAddressPools: ["edge"], interfaces: ["eth0"] },
  BGPPeer: { myASN: 64500, peerASN: 64501, peerAddress: "192.0.2.1" },
  BGPAdvertisement: { ipAddressPools: ["edge"], communities: ["near"], aggregationLength: 32 },
  Community: { communities: [{ name: "near", value: "64500:1" }] },
  BFDProfile: { receiveInterval: 300 },
  AddressPool: { protocol: "layer2", addresses: ["198.51.100.0/28"] },
};

describe.skipIf(reason !== undefined)("MetalLB's own definitions on a real API server", () => {
  let directory: string;
  let cluster: Cluster;
  let source: Source;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-schemas-"));
    cluster = await Cluster.start({ directory });
    await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name: NAMESPACE } } });
    for (const kind of METALLB_KINDS) await install(cluster, metallbDefinition(kind));
    const config = readKubeconfig(cluster.kubeconfigFile);
    if (!config.ok) throw new Error(config.problems[0]?.why);
    source = openKubernetesSource({ config: config.value, namespace: NAMESPACE, component: "hawser-test", log });
    await source.open(METALLB_KINDS, { onChange: () => undefined, onProblems: () => undefined });
  });
  afterEach(async () => {
    for (const kind of METALLB_KINDS)
      await cluster.api.must({ method: "DELETE", path: collectionPath(kind, NAMESPACE) });
    const left = () => METALLB_KINDS.filter((kind) => source.list(kind).size > 0);
    await vi.waitFor(() => expect(left()).toEqual([]), eventually);
  });
  afterAll(async () => {
    await source.close();
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  const refTo = (kind: MetallbKind) => ({ kind, namespace: NAMESPACE, name: "edge" }) as const;

  /** Creates an object of a kind, without any field that the definition does not have; resolves with it as a program reads it. */
  async function create(kind: MetallbKind, annotations: Readonly<Record<string, string>> = {}): Promise<KubeObject> {
    const ref = refTo(kind);
    const body = {
      apiVersion: factsOf(kind).apiVersion,
      kind,
      metadata: { name: ref.name, annotations },
      spec: SPECS[kind],
    };
    await cluster.api.must({ path: `${collectionPath(kind, NAMESPACE)}?fieldValidation=Strict`, body });
    return vi.waitUntil(() => source.get(kind, keyOf(ref)), eventually);
  }

  it.each(METALLB_KINDS)("a program reads a %s as they store it, with the defaults they fill in", async (kind) => {
    const read = RESOURCE_PARSERS[kind](await create(kind));
    const said = kind === "AddressPool" ? ["RESOURCE_KIND_REPLACED"] : [];
    expect([read.ok, read.problems.map(({ code }) => code)]).toEqual([true, said]);
  });

  it("of an IPAddressPool are the same in the newest MetalLB and the one before", () => {
    const before = metallbDefinitions().find(({ spec }) => spec.names.kind === "IPAddressPool");
    expect(metallbDefinition("IPAddressPool").spec).toEqual(before?.spec);
  });

  it("§1.2 they keep every count that the controller writes into an IPAddressPool, and it is written once", async () => {
    const ref = refTo("IPAddressPool");
    const parsed = RESOURCE_PARSERS.IPAddressPool(await create("IPAddressPool"));
    if (!parsed.ok) throw new Error(parsed.problems[0]?.why);
    const written: StatusPatch["status"][] = [];
    const recording: Pick<Source, "get" | "patch"> = {
      get: (kind, key) => source.get(kind, key),
      patch: async (to, patch) => {
        written.push(patch.status);
        return source.patch(to, patch);
      },
    };
    const statuses = new PoolStatuses({ source: recording, log, mayWrite: () => true });
    const none = { orphaned: 0, resting: 0, excluded: 0n };
    const usage: readonly PoolUsage[] = [
      { pool: "edge", family: "ipv4", size: 16n, used: 3, assigned: 3, free: 13n, ...none },
      { pool: "edge", family: "ipv6", size: 2n ** 64n, used: 2, assigned: 1, free: 2n ** 64n - 2n, ...none },
    ];
    const write = async (nowMs: number): Promise<void> => {
      statuses.mark();
      await statuses.write([parsed.value.pool], () => usage, nowMs);
    };
    await write(0);
    const stored = await cluster.api.must<KubeObject>({ path: objectPath(ref) });
    const most = Number.MAX_SAFE_INTEGER;
    expect(stored["status"]).toEqual({ assignedIPv4: 3, availableIPv4: 13, assignedIPv6: 1, availableIPv6: most });
    expect(written).toEqual([stored["status"]]);
    await vi.waitFor(
      () => expect(source.get("IPAddressPool", keyOf(ref))?.["status"]).toEqual(stored["status"]),
      eventually,
    );
    await write(60_000);
    expect(written).toHaveLength(1);
  });

  const range = (address: bigint) => ({ family: "ipv4", first: address, last: address });
  const meanings: Readonly<Record<(typeof POOL_ANNOTATIONS)[number], [string, Partial<Pool>]>> = {
    "excluded-addresses": ["192.0.2.3", { excluded: [range(0xc0_00_02_03n)] } as Partial<Pool>],
    "quota-per-namespace": ["5", { quotaPerNamespace: 5 }],
    "rest-time": ["forever", { restMs: Infinity }],
    "warning-percent": ["80", { warningPercent: 80 }],
    "preferred-nodes": [
      "[{ weight: 50, match-labels: { zone: a } }]",
      { preferredNodes: [{ weight: 50, selector: [{ key: "zone", operator: "In", values: ["a"] }] }] },
    ],
    conflict: ["yield", { conflict: "yield" }],
    disabled: ["true", { isDisabled: true }],
  };

  it.each(POOL_ANNOTATIONS)(
    "an IPAddressPool takes our annotation hawser.dev/%s, and a program reads it",
    async (name) => {
      const [text, meaning] = meanings[name];
      const read = RESOURCE_PARSERS.IPAddressPool(await create("IPAddressPool", { [`hawser.dev/${name}`]: text }));
      expect(read.problems).toEqual([]);
      expect(read.ok && read.value.pool).toMatchObject(meaning);
    },
  );
});
