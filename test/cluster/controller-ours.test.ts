import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { until } from "#lab/rack/until.ts";
import { ingressOf } from "#src/model/service-status.ts";
import { ControllerWorld, PATIENCE } from "./controller-world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const SERVICES = "/api/v1/namespaces/shop/services";
const merge = "application/merge-patch+json";

describe.skipIf(reason !== undefined)("whose an address is, on a real API server", () => {
  let world: ControllerWorld;
  beforeAll(async () => {
    world = await ControllerWorld.start();
  });
  afterEach(async () => world.clear());
  afterAll(async () => world.stop());

  async function setStatus(path: string, status: Readonly<Record<string, unknown>>): Promise<void> {
    await world.cluster.api.must({ method: "PATCH", path: `${path}/status`, contentType: merge, body: { status } });
  }

  async function addNode(name: string, address: string): Promise<void> {
    await world.post("/api/v1/nodes", { metadata: { name } });
    await setStatus(`/api/v1/nodes/${name}`, { addresses: [{ type: "InternalIP", address }] });
  }

  async function has(name: string): Promise<readonly unknown[]> {
    const object = (await world.services()).get(name);
    return object === undefined ? [] : ingressOf(object).map(({ ip }) => ip);
  }

  async function untilHas(name: string, wanted: RegExp): Promise<void> {
    const lastSeen = async () => (await has(name)).join(" ");
    await until(`${name} has ${wanted}`, async () => wanted.test(await lastSeen()), PATIENCE);
  }

  it("L1 L2 lets go of nodes' addresses and of other providers', and of one that a Node gets later", async () => {
    for (const [at, name] of ["n1", "n2"].entries()) await addNode(name, `198.51.100.${11 + at}`);
    await world.create(["left", "cloud"]);
    // As k3s's servicelb leaves it, and as a cloud does.
    await setStatus(`${SERVICES}/left`, {
      loadBalancer: { ingress: [{ ip: "198.51.100.11" }, { ip: "198.51.100.12" }] },
    });
    await setStatus(`${SERVICES}/cloud`, { loadBalancer: { ingress: [{ ip: "203.0.113.77" }] } });
    await world.startReplica();
    await untilHas("left", /^192\.0\.0\.\d+$/);
    await untilHas("cloud", /^192\.0\.0\.\d+$/);
    // Two releases and the new address of one, a release and the new address of the other.
    await world.untilEvents(5);
    const reasons = (await world.events()).map((event) => event.reason).toSorted();
    expect(reasons).toEqual([
      "AddressAssigned",
      "AddressAssigned",
      "AddressNotOurs",
      "AddressUnusable",
      "AddressUnusable",
    ]);
    const [before] = await has("left");
    await addNode("n3", String(before));
    await until("it is let go", async () => (await has("left"))[0] !== before, PATIENCE);
    await untilHas("left", /^192\.0\.0\.\d+$/);
  }, 200_000);

  it("L8 L9 the one of three that is edited yields, whoever leads, and a Service gets its address back", async () => {
    const first = await world.startReplica();
    const metadata = (name: string) => ({ name, annotations: { "hawser.dev/sharing-key": "k" } });
    const spec = (port: number) => ({ type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports: [{ port }] });
    for (const [at, name] of ["a", "b", "c"].entries())
      await world.post(SERVICES, { metadata: metadata(name), spec: spec(80 + at) });
    for (const name of ["a", "b", "c"]) await untilHas(name, /^192\.0\.0\.\d+$/);
    const [shared] = await has("a");
    expect([await has("b"), await has("c")]).toEqual([[shared], [shared]]);
    // Edited while no controller runs: the next one knows it by the annotation.
    await first.process.kill();
    await world.freeLease();
    const body = { metadata: { annotations: { "hawser.dev/sharing-key": "other" } } };
    await world.cluster.api.must({ method: "PATCH", path: `${SERVICES}/a`, contentType: merge, body });
    await world.startReplica();
    await until("it yields", async () => (await has("a"))[0] !== shared, PATIENCE);
    await untilHas("a", /^192\.0\.0\.\d+$/);
    expect([await has("b"), await has("c")]).toEqual([[shared], [shared]]);
    const mine = await has("a");
    await world.remove(["a"]);
    await world.create(["newcomer"]);
    await world.post(SERVICES, { metadata: { name: "a" }, spec: spec(80) });
    await untilHas("a", /^192\.0\.0\.\d+$/);
    await untilHas("newcomer", /^192\.0\.0\.\d+$/);
    expect([await has("a"), await has("newcomer")]).toEqual([mine, [expect.not.stringContaining(String(mine[0]))]]);
  }, 200_000);

  it("O5 a takeover is one Event of the Node, in the namespace where kubectl describe looks", async () => {
    await world.post("/api/v1/nodes", { metadata: { name: "taker" } });
    await world.startReplica();
    const speaker = world.source();
    await speaker.open(["Node"], { onChange: () => undefined, onProblems: () => undefined });
    const round = {
      at: new Date().toISOString(),
      cause: "MemberSilent",
      from: "n1",
      gained: 3,
      lost: 0,
      addresses: [],
    };
    const report = { node: "taker", ready: true, announcing: [], takeovers: [round] };
    await speaker.report("speaker-taker", report);
    const taken = async () => (await world.events()).filter((event) => event.reason === "TakenOver");
    await until("the Event is there", async () => (await taken()).length > 0, PATIENCE);
    expect(await taken()).toMatchObject([
      {
        type: "Warning",
        count: 1,
        involvedObject: { kind: "Node", name: "taker" },
        metadata: { namespace: "default" },
      },
    ]);
  }, 200_000);
});
