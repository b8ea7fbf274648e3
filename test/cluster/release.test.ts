// An address in use whose pool is gone stays, and `hawser release` moves its Service: on a real API server, by a user who may
// edit Services and nothing of Hawser (10 C).
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { until } from "#lab/rack/until.ts";
import type { KubeObject } from "#src/model/object.ts";
import { conditionOf, ingressOf, RELEASE_ANNOTATION } from "#src/model/service-status.ts";
import { callCli } from "#test/cli/run-cli.ts";
import { ControllerWorld, named, PATIENCE, type Replica } from "./controller-world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const NAMES = named("web", 3);
const CONFIG_MAP = "/api/v1/namespaces/hawser-system/configmaps/hawser";
const RIGHTS = fileURLToPath(new URL("../../config/status-viewer/rights.yaml", import.meta.url));

const addressesOf = (object: KubeObject): readonly string[] => ingressOf(object).map(({ ip }) => String(ip));

describe.skipIf(reason !== undefined)("hawser release on a real API server", () => {
  let world: ControllerWorld;
  let directory: string;
  let kubeconfig: string;
  let replica: Replica;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-release-"));
    world = await ControllerWorld.start({ users: [{ name: "guest" }] });
    kubeconfig = join(directory, "guest.kubeconfig");
    world.cluster.writeKubeconfig(kubeconfig, { token: world.cluster.tokenOf("guest") });
    replica = await world.startReplica();
    await world.untilLeads(replica);
    await world.startReporting("n1");
    for (const name of NAMES) {
      await world.create([name]);
      await world.untilAssigned(NAMES.indexOf(name) + 1);
    }
    await world.untilAnnounced(NAMES.length);
  });
  afterAll(async () => {
    await world.clear();
    await world.stop();
    rmSync(directory, { recursive: true });
  });

  async function configure(pools: string): Promise<void> {
    const config = `address-pools: [${pools}]`;
    await world.cluster.api.must({
      method: "PATCH",
      path: CONFIG_MAP,
      body: { data: { config } },
      contentType: "application/merge-patch+json",
    });
  }

  const reasonsOf = async (): Promise<readonly unknown[]> => {
    const services = await world.services();
    return NAMES.map((name) => conditionOf(services.get(name) as KubeObject, "hawser.dev/AddressAssigned")?.["reason"]);
  };

  const release = async (...args: readonly string[]) =>
    callCli(["release", "--kubeconfig", kubeconfig, "--pause", "200ms", ...args]);

  async function grant(name: string, rules: readonly object[], namespace?: string): Promise<void> {
    const rbac = `/apis/rbac.authorization.k8s.io/v1${namespace === undefined ? "" : `/namespaces/${namespace}`}`;
    const [roles, kind] = namespace === undefined ? ["clusterrole", "ClusterRole"] : ["role", "Role"];
    await world.post(`${rbac}/${roles}s`, { metadata: { name }, rules });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind, name };
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "guest" }];
    await world.post(`${rbac}/${roles}bindings`, { metadata: { name }, roleRef, subjects });
  }

  it("leaves the addresses where they are when their pool is replaced, also after a restart of the controller", async () => {
    const before = await world.addresses();
    await configure("{ name: fresh, protocol: layer2, addresses: [198.51.100.0/29] }");
    await until(
      "all are orphaned",
      async () => (await reasonsOf()).every((one) => one === "AddressOrphaned"),
      PATIENCE,
    );
    await replica.process.kill();
    await world.freeLease();
    replica = await world.startReplica();
    await world.untilLeads(replica);
    expect(await world.addresses()).toEqual(before);
    expect(await reasonsOf()).toEqual(["AddressOrphaned", "AddressOrphaned", "AddressOrphaned"]);
    expect(await replica.metric('hawser_pool_addresses_orphaned{pool="",family="ipv4"}')).toBe(3);
  });

  it("says which right is missing, and releases nothing", async () => {
    for (const document of parseAllDocuments(readFileSync(RIGHTS, "utf8"))) {
      const role = document.toJS() as { kind: string; rules: object[] };
      await grant("viewer", role.rules, role.kind === "Role" ? "hawser-system" : undefined);
    }
    await until("the guest may look", async () => (await release("--pool", "edge", "--dry-run")).code === 0, PATIENCE);
    const { code, stdout } = await release("--pool", "edge", "-o", "json");
    expect(code).toBe(1);
    const { released, kept, untried } = JSON.parse(stdout) as Record<string, readonly { readonly why?: string }[]>;
    expect([released?.length, (kept?.length ?? 0) + (untried?.length ?? 0)]).toEqual([0, 3]);
    expect(stdout).toContain('User \\"guest\\" cannot get resource \\"services\\"');
  });

  it("moves one Service after the other, each with an address all the time", async () => {
    await grant("releases", [{ apiGroups: [""], resources: ["services"], verbs: ["get", "patch"] }], "shop");
    const before = await world.addresses();
    const faults: string[] = [];
    /** The Services that were seen with two addresses, in order. */
    const moved: string[] = [];
    const eyes = world.source();
    const look = (): void => {
      const services = [...eyes.list("Service").values()].filter(({ metadata }) => metadata.namespace === "shop");
      const moving = services.filter((one) => addressesOf(one).length > 1).map(({ metadata }) => metadata.name);
      for (const one of services) if (addressesOf(one).length === 0) faults.push(`${one.metadata.name} has no address`);
      if (moving.length > 1) faults.push(`${moving.join(" and ")} move at once`);
      for (const name of moving) if (!moved.includes(name)) moved.push(name);
    };
    await eyes.open(["Service"], { onChange: look, onProblems: () => undefined });
    await until(
      "the guest may release",
      async () => (await release("web0", "--address", before.get("web0") ?? "", "--dry-run")).code === 0,
      PATIENCE,
    );
    const { code, stdout, stderr } = await release("--pool", "edge", "-o", "json");
    expect([code, stderr]).toEqual([0, expect.stringContaining("3 of 3: shop/web2 is done")]);
    expect(JSON.parse(stdout)).toEqual({
      dryRun: false,
      released: NAMES.map((name, at) => ({ service: `shop/${name}`, from: before.get(name), to: `198.51.100.${at}` })),
      kept: [],
      unfinished: [],
      untried: [],
    });
    expect([faults, moved]).toEqual([[], NAMES]);
    const services = [...(await world.services()).values()];
    expect(services.map(addressesOf)).toEqual([["198.51.100.0"], ["198.51.100.1"], ["198.51.100.2"]]);
    expect(services.flatMap(({ metadata }) => metadata.annotations[RELEASE_ANNOTATION] ?? [])).toEqual([]);
    expect(await reasonsOf()).toEqual(["AddressAssigned", "AddressAssigned", "AddressAssigned"]);
  });

  it("keeps the address where the only other one is taken, says why, and leaves no wish behind", async () => {
    await configure("{ name: last, protocol: layer2, addresses: [203.0.113.0/32] }");
    await until(
      "all are orphaned",
      async () => (await reasonsOf()).every((one) => one === "AddressOrphaned"),
      PATIENCE,
    );
    const { code, stdout } = await release("--pool", "fresh");
    expect(code).toBe(1);
    expect(stdout).toContain("3 addresses: 1 released, 2 kept.");
    expect(stdout).toContain('pool "last" has 1 of 1 addresses in use');
    const services = [...(await world.services()).values()];
    expect(services.map(addressesOf)).toEqual([["203.0.113.0"], ["198.51.100.1"], ["198.51.100.2"]]);
    expect(services.flatMap(({ metadata }) => metadata.annotations[RELEASE_ANNOTATION] ?? [])).toEqual([]);
  });
});
