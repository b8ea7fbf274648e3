import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { until } from "#lab/rack/until.ts";
import { ControllerWorld, named, PATIENCE, Witness } from "./controller-world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

describe.skipIf(reason !== undefined)("the controller and many Services on a real API server", () => {
  let world: ControllerWorld;
  beforeAll(async () => {
    world = await ControllerWorld.start();
  });
  afterEach(async () => world.clear());
  afterAll(async () => world.stop());

  it("gives 1,000 Services that come at once distinct addresses, in at most 3 writes each, and rewrites none after a restart", async () => {
    const count = 1_000;
    const replica = await world.startReplica();
    const speaker = await world.startReporting("n1");
    const before = await world.writes();
    await world.create(named("s", count));
    const addresses = await world.untilAssigned(count);
    expect(new Set(addresses.values()).size).toBe(count);
    await world.untilAnnounced(count);
    await world.untilEvents(count);
    const after = await world.writes();
    const perService = (after.services - before.services + after.events - before.events) / count;
    console.log(
      `${count} Services: ${after.services - before.services} patches, ${after.events - before.events} Events`,
    );
    expect(perService).toBeGreaterThanOrEqual(2);
    expect(perService).toBeLessThanOrEqual(3);

    const versions = await world.versions();
    expect(await replica.process.stop()).toBe(0);
    const next = await world.startReplica();
    await world.untilLeads(next);
    await until(
      "it shows them",
      async () => (await next.metric('hawser_services{state="assigned"}')) === count,
      PATIENCE,
    );
    expect(await world.versions()).toEqual(versions);
    expect(await world.writes()).toEqual(after);

    // Another speaker takes over all of them: nothing is written either.
    await world.startReporting("n2");
    await speaker.close();
    await world.create(["last"]);
    await world.untilAnnounced(count + 1);
    const { last: _, ...others } = await world.versions();
    expect(others).toEqual(versions);
  }, 400_000);

  it("forgets Services that are deleted while it assigns, and those that come anew are others", async () => {
    const witness = await Witness.start(world);
    const replica = await world.startReplica();
    // Each of these goes before, while or after it is given an address.
    const comeAndGo = async (name: string): Promise<void> => {
      for (let round = 0; round < 3; round++) {
        await world.create([name]);
        await world.remove([name]);
      }
      await world.create([name]);
    };
    await Promise.all([world.create(named("stay", 100)), ...named("go", 100).map(comeAndGo)]);
    await world.untilAssigned(200);
    expect(witness.faults).toEqual([]);
    await until("200 are in use", async () => (await inUse()) === 200, PATIENCE);
    expect(replica.process.lines.filter((line) => line.includes('"level":50'))).toEqual([]);

    async function inUse(): Promise<number> {
      return replica.metric('hawser_pool_addresses_in_use{pool="edge",family="ipv4"}');
    }
  }, 200_000);
});
