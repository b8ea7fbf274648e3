import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atRest, DEAD_AFTER_MS, SpeakerNetwork, TICK_MS } from "./speaker-network.ts";

const VIPS = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"];
/** Silence is counted in whole ticks. */
const HUNG_MS = Math.ceil((2.5 * DEAD_AFTER_MS) / TICK_MS) * TICK_MS;

/** Milliseconds until no address is answered for by a node any longer, or by it alone. */
function takenOverAfter(network: SpeakerNetwork, dead: string): number {
  const fromMs = network.nowMs;
  let takenMs = Infinity;
  network.run(2_000, () => {
    const isTaken = VIPS.every((ip) => network.answering(ip).some((node) => node !== dead));
    if (isTaken) takenMs = Math.min(takenMs, network.nowMs - fromMs);
  });
  return takenMs;
}

function ownerIn(network: SpeakerNetwork): string {
  return network.owners()[0] ?? expect.fail();
}

describe("the death of a speaker or its machine", () => {
  it.each([3, 9])("of %i nodes a dead machine is followed after four intervals", (size) => {
    const network = atRest(size, VIPS);
    const dead = ownerIn(network);
    network.station(dead).isOn = false;
    expect(takenOverAfter(network, dead)).toBe(4 * TICK_MS);
  });

  it.each([3, 9])("of %i nodes a killed speaker, whose machine goes on, is followed as soon", (size) => {
    const network = atRest(size, VIPS);
    const dead = ownerIn(network);
    network.station(dead).process = "gone";
    expect(takenOverAfter(network, dead)).toBe(4 * TICK_MS);
  });

  it.each([3, 9])(
    "of %i nodes a speaker that hangs is deposed after two and a half times --dead-after, and yields",
    (size) => {
      const network = atRest(size, VIPS);
      const dead = ownerIn(network);
      network.station(dead).process = "hangs";
      expect(takenOverAfter(network, dead)).toBe(HUNG_MS);
      network.station(dead).process = "runs";
      network.run(1_000);
      expect(network.owners().every((owner) => owner !== "" && !owner.includes("+"))).toBe(true);
    },
  );

  it("the addresses of a node whose links go down are announced elsewhere before the next tick", () => {
    const network = atRest(3, VIPS);
    const unplugged = ownerIn(network);
    const left = VIPS.filter((ip) => network.answering(ip).includes(unplugged));
    network.unplug(unplugged);
    for (const ip of left) {
      const [owner = "", ...others] = network.answering(ip);
      expect(others).toEqual([]);
      expect(network.station(owner).announced).toContainEqual({ ip, atMs: network.nowMs });
    }
  });

  it("of what heartbeats bring between two ticks only the first is acted on before the second", () => {
    const network = atRest(3, VIPS);
    network.unplug(ownerIn(network));
    network.unplug(ownerIn(network));
    const [ip = ""] = VIPS;
    expect(network.answering(ip)).toEqual([]);
    network.run(TICK_MS);
    expect(network.answering(ip)).toHaveLength(1);
  });

  it("where members cannot ask each other's kernels silence alone is death, as before", () => {
    const network = new SpeakerNetwork(3, VIPS, { isBooted: false });
    network.asksKernels = false;
    for (const name of network.nodes) network.boot(name);
    network.run(300);
    const dead = ownerIn(network);
    network.station(dead).isOn = false;
    expect(takenOverAfter(network, dead)).toBe(DEAD_AFTER_MS);
  });

  it("no takeover while kernels answer and speakers stall for less than a hang", () => {
    const stalls = fc.array(
      fc.record({ node: fc.integer({ min: 0, max: 2 }), ticks: fc.integer({ min: 0, max: HUNG_MS / TICK_MS - 2 }) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(stalls, (events) => {
        const network = atRest(3, VIPS);
        const owners = network.owners();
        for (const { node, ticks } of events) {
          const { name } = network.station(network.nodes[node] ?? expect.fail());
          network.station(name).process = "hangs";
          network.run(ticks * TICK_MS);
          network.station(name).process = "runs";
          network.run(2 * TICK_MS);
        }
        expect(network.owners()).toEqual(owners);
      }),
      { numRuns: 50 },
    );
  });
});
