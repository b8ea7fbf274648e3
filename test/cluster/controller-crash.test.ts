import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { ControllerWorld, named, Witness } from "./controller-world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const KILLS = 10;
const PER_KILL = 20;

describe.skipIf(reason !== undefined)("a controller that is killed again and again", () => {
  let world: ControllerWorld;
  beforeAll(async () => {
    world = await ControllerWorld.start();
  });
  afterEach(async () => world.clear());
  afterAll(async () => world.stop());

  it("between plan and write gives no address to two Services, and moves none", async () => {
    const witness = await Witness.start(world);
    let assigned = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const replica = await world.startReplica();
      const creating = world.create(named(`k${kill}-`, PER_KILL));
      // One more, two more, ... are written: the rest of its plan is not.
      assigned = (await world.untilAssigned(assigned + 1 + (kill % 5))).size;
      await replica.process.kill();
      await creating;
      await world.freeLease();
      assigned = (await world.addresses()).size;
      expect(witness.faults).toEqual([]);
    }
    // At least one of the kills came in the middle of a plan.
    expect(assigned).toBeLessThan(KILLS * PER_KILL);
    await world.startReplica();
    await world.untilAssigned(KILLS * PER_KILL);
    expect(witness.faults).toEqual([]);
  }, 300_000);
});
