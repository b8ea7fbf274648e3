import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { until } from "#lab/rack/until.ts";
import { ingressOf } from "#src/model/service-status.ts";
import type { Source } from "#src/source/source.ts";
import { ControllerWorld, PATIENCE } from "./controller-world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

describe.skipIf(reason !== undefined)("the controller beside others on a real API server", () => {
  let world: ControllerWorld;
  beforeAll(async () => {
    world = await ControllerWorld.start();
  });
  afterEach(async () => world.clear());
  afterAll(async () => world.stop());

  /** Another controller that empties the status of a Service whenever it holds an address, as fast as it can. */
  async function startRival(name: string): Promise<{ readonly undone: () => number }> {
    const source: Source = world.source();
    const ref = { kind: "Service", namespace: "shop", name } as const;
    let undone = 0;
    const undo = async () => {
      const object = source.list("Service").get(`shop/${name}`);
      if (object === undefined || ingressOf(object).length === 0) return;
      const result = await source.patch(ref, { status: { loadBalancer: {} } });
      if (result === "written") undone += 1;
    };
    const onChange = () => void undo().catch(() => undefined);
    await source.open(["Service"], { onChange, onProblems: () => undefined });
    onChange();
    return { undone: () => undone };
  }

  it("does not fight over a status: few writes, then pauses, and one Event that names the way out", async () => {
    await world.startReplica();
    await world.create(["calm", "contested"]);
    await world.untilAssigned(2);
    const before = await world.writes();
    const rival = await startRival("contested");
    await until("it is said", async () => (await contested()).length > 0, PATIENCE);
    const [writes, undone] = [await world.writes(), rival.undone()];
    expect(writes.services - before.services - undone).toBeLessThanOrEqual(6);
    await until("it is tried again, twice", () => rival.undone() >= undone + 2, PATIENCE);
    const later = await world.writes();
    // Each time ours, the rival's, and the rest of what is ours.
    expect(later.services - writes.services).toBeLessThanOrEqual(8);
    expect(await contested()).toMatchObject([{ type: "Warning", count: 1 }]);
    expect([...(await world.addresses()).keys()]).toContain("calm");

    async function contested() {
      return (await world.events()).filter(({ reason: why }) => why === "StatusContested");
    }
  }, 200_000);

  it("serves exactly the class it is told to, and leaves the others alone in every respect", async () => {
    const extra = { loadBalancerClass: "example.com/lb" };
    await world.create(["foreign"], extra);
    await world.create(["classless"]);
    const versions = await world.versions();
    await world.startReplica("--load-balancer-class", "hawser.dev/lb");
    await world.create(["ours"], { loadBalancerClass: "hawser.dev/lb" });
    expect([...(await world.untilAssigned(1)).keys()]).toEqual(["ours"]);
    await world.untilEvents(1);
    const { ours: _, ...others } = await world.versions();
    expect(others).toEqual(versions);
    expect(await world.events()).toHaveLength(1);
  });
});
