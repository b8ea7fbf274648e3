import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { until } from "#lab/rack/until.ts";
import { ControllerWorld, PATIENCE } from "./controller-world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const SERVICE = "/api/v1/namespaces/shop/services/full";
const POOL = "hawser.dev/ip-allocated-from-pool";
const contentType = "application/merge-patch+json";
/** Bytes of all annotations of an object, names and values. */
const MAX_ANNOTATIONS = 256 * 1_024;

describe.skipIf(reason !== undefined)("a Service with as many annotations as the API server takes", () => {
  let world: ControllerWorld;
  beforeAll(async () => {
    world = await ControllerWorld.start();
  });
  afterAll(async () => world.stop());

  it("takes no annotation more, in its status neither, and has its address all the same", async () => {
    const annotations = { notes: "x".repeat(MAX_ANNOTATIONS - "notes".length) };
    const spec = { type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }] };
    await world.post("/api/v1/namespaces/shop/services", { metadata: { name: "full", annotations }, spec });
    const body = { metadata: { annotations: { [POOL]: "edge" } } };
    const refused = await world.cluster.api.request({ method: "PATCH", path: `${SERVICE}/status`, contentType, body });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([422, expect.stringContaining("Too long")]);
    await world.startReplica();
    await world.untilAssigned(1);
    const said = async () => (await world.events()).map((event) => event.reason).toSorted();
    await until("the Event is there", async () => (await said()).length === 2, PATIENCE);
    expect(await said()).toEqual(["AddressAssigned", "AnnotationsRefused"]);
    const before = (await world.services()).get("full");
    expect(before?.metadata.annotations[POOL]).toBeUndefined();
    // Its owner makes room.
    const room = { metadata: { annotations: { notes: "x" } } };
    await world.cluster.api.must({ method: "PATCH", path: SERVICE, contentType, body: room });
    const pool = async () => (await world.services()).get("full")?.metadata.annotations[POOL];
    await until("it has Hawser's annotations", async () => (await pool()) === "edge", PATIENCE);
  }, 200_000);
});
