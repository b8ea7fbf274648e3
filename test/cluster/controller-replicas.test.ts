import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { until } from "#lab/rack/until.ts";
import { ControllerWorld, named, PATIENCE, type Replica, Witness, type Writes } from "./controller-world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

describe.skipIf(reason !== undefined)("two controllers on a real API server", () => {
  let world: ControllerWorld;
  let witness: Witness;
  beforeAll(async () => {
    world = await ControllerWorld.start();
  });
  afterEach(async () => world.clear());
  afterAll(async () => world.stop());

  /** The one that leads, and the one that stands by, ready both. */
  async function startBoth(): Promise<{ leader: Replica; standby: Replica }> {
    witness = await Witness.start(world);
    const [one, other] = await Promise.all([world.startReplica(), world.startReplica()]);
    const [leader, standby] = await until(
      "one leads",
      async () => {
        const leads = await Promise.all([one.leads(), other.leads()]);
        expect(leads).not.toEqual([true, true]);
        return leads[0] ? [one, other] : leads[1] && [other, one];
      },
      PATIENCE,
    );
    if (leader === undefined || standby === undefined) throw new Error("nobody leads");
    return { leader, standby };
  }

  it("started at once write what one would: each Service once, with one Event", async () => {
    const { leader, standby } = await startBoth();
    const before = await world.writes();
    await world.create(named("s", 50));
    await world.untilAssigned(50);
    await world.untilEvents(50);
    const after = await world.writes();
    expect([after.services - before.services, after.events - before.events]).toEqual([50, 50]);
    expect([await leader.leads(), await standby.leads()]).toEqual([true, false]);
    expect(witness.faults).toEqual([]);
  });

  it("hand over at SIGTERM: the lease is given back, nothing that stands is written again", async () => {
    const { leader, standby } = await startBoth();
    await world.create(named("s", 20));
    await world.untilAssigned(20);
    await world.untilEvents(20);
    const [versions, before] = [await world.versions(), await world.writes()];
    expect(await leader.process.stop()).toBe(0);
    await world.untilLeads(standby);
    expect(await world.versions()).toEqual(versions);
    expect(await world.writes()).toEqual(before);
    await world.create(["new"]);
    await world.untilAssigned(21);
    expect(witness.faults).toEqual([]);
  });

  it("one is killed in the middle of 200 Services: the other goes on where it was", async () => {
    const { leader, standby } = await startBoth();
    const creating = world.create(named("s", 200));
    await world.untilAssigned(20);
    await leader.process.kill();
    await creating;
    await world.untilAssigned(200);
    expect(await standby.leads()).toBe(true);
    expect(witness.faults).toEqual([]);
  });

  it("one is frozen beyond its lease in the middle of 200 Services, and writes nothing when it wakes", async () => {
    const { leader, standby } = await startBoth();
    const creating = world.create(named("s", 200));
    await world.untilAssigned(20);
    leader.process.hang();
    await creating;
    await world.untilAssigned(200);
    expect(await standby.leads()).toBe(true);
    await until("all Events are written", async () => isQuiet(world), PATIENCE);
    const [versions, before] = [await world.versions(), await world.writes()];
    leader.process.resume();
    await leader.process.waitForLine(/lost the lead/, PATIENCE.timeoutMs);
    // Whatever it was about to write it has had the time to.
    await world.create(["new"]);
    await world.untilAssigned(201);
    await until("all Events are written", async () => isQuiet(world), PATIENCE);
    const { new: _, ...others } = await world.versions();
    expect(others).toEqual(versions);
    const after = await world.writes();
    // Of the new Service, by the other one. What the frozen one had begun to send is refused.
    const carriedOut = ({ services, tooLate }: Writes): number => services - tooLate;
    expect(carriedOut(after) - carriedOut(before)).toBe(1);
    expect([await leader.leads(), await standby.leads()]).toEqual([false, true]);
    expect(witness.faults).toEqual([]);
  });
});

/** Two looks, a second apart, at the same figures. */
async function isQuiet(world: ControllerWorld): Promise<boolean> {
  const look = async () => JSON.stringify([await world.writes(), (await world.events()).length]);
  const first = await look();
  await new Promise((resolve) => void setTimeout(resolve, 1_000));
  return first === (await look());
}
