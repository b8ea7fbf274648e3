import { describe, expect, it, vi } from "vitest";
import { parseCidr } from "#src/ip/cidr.ts";
import { type Station, SpeakerNetwork, TICK_MS } from "./speaker-network.ts";

const VIPS = Array.from({ length: 400 }, (_, index) => `10.0.${index >> 7}.${index & 127}`);
/** What may be announced, and decided on, at once. */
const ROUNDS = 32;
const DECISIONS = 64;

/** Of some nodes the first one has all addresses: the others came later. */
function allOnN1(size: number, vips = VIPS): SpeakerNetwork {
  const network = new SpeakerNetwork(size, vips, { isBooted: false });
  network.subnets = [parseCidr("10.0.0.0/16") ?? expect.fail()];
  network.boot("n1");
  network.run(3_000);
  for (const node of network.nodes.slice(1)) network.boot(node);
  network.run(1_000);
  expect(new Set(network.owners())).toEqual(new Set(["n1"]));
  return network;
}

/** n1 dies, and time passes until the tick at which another one answers; reportions how many ticks. */
function killN1(network: SpeakerNetwork): number {
  network.station("n1").isOn = false;
  let ticks = 0;
  for (; answered(network).length === 0; ticks++) network.run(TICK_MS);
  return ticks;
}

/** How many rounds each call announced, and for how many addresses it began to answer. */
function countPortions({ speaker, announced, answers }: Station): { rounds: number; answered: number }[] {
  const portions: { rounds: number; answered: number }[] = [];
  const count = (act: () => void): void => {
    const [rounds, answered] = [announced.length, answers.size];
    act();
    portions.push({ rounds: announced.length - rounds, answered: answers.size - answered });
  };
  const [tick, goOn] = [speaker.tick.bind(speaker), speaker.goOn.bind(speaker)];
  vi.spyOn(speaker, "tick").mockImplementation((nowMs) => count(() => tick(nowMs)));
  vi.spyOn(speaker, "goOn").mockImplementation((nowMs) => count(() => goOn(nowMs)));
  return portions;
}

function answered(network: SpeakerNetwork): readonly string[] {
  return network.owners().filter((owner) => owner !== "");
}

describe("takeovers of many addresses", () => {
  it("all are answered for and announced at the tick that notices the death, and no call does more than a portion", () => {
    const network = allOnN1(3);
    const heirs = ["n2", "n3"].map((name) => network.station(name));
    const portions = heirs.flatMap(countPortions);
    expect(killN1(network)).toBe(killN1(allOnN1(3, VIPS.slice(0, 1))));
    expect(answered(network)).toHaveLength(VIPS.length);
    expect(heirs.flatMap(({ announced }) => announced.map(({ ip }) => ip)).toSorted()).toEqual(VIPS.toSorted());
    for (const portion of portions) {
      expect(portion.rounds).toBeLessThanOrEqual(ROUNDS);
      expect(portion.answered).toBeLessThanOrEqual(DECISIONS);
    }
  });

  it("each is announced before any is announced again, however long that takes, and heartbeats go out meanwhile", () => {
    const network = allOnN1(2);
    // Between two ticks there is time for none.
    network.portionsPerTick = 0;
    const heir = network.station("n2");
    killN1(network);
    expect(heir.announced).toHaveLength(ROUNDS);
    let ticks = 1;
    for (; heir.announced.length < VIPS.length; ticks++) {
      const sent = network.sent;
      network.run(TICK_MS);
      expect(network.sent).toBeGreaterThan(sent);
    }
    expect(ticks).toBe(Math.ceil(VIPS.length / ROUNDS));
    expect(ticks * TICK_MS).toBeGreaterThan(200);
    expect(new Set(heir.announced.map(({ ip }) => ip))).toEqual(new Set(VIPS));
    network.run(200);
    expect(heir.announced.length).toBeGreaterThan(VIPS.length);
  });

  it("others see one that takes for many ticks as alive, and let it", () => {
    const network = allOnN1(3);
    network.portionsPerTick = 0;
    const owners = new Map<string, string>();
    killN1(network);
    network.run(1_000, () => {
      for (const [index, owner] of network.owners().entries()) {
        const ip = VIPS[index] ?? "";
        if (owner === "") expect(owners.has(ip)).toBe(false);
        else expect(owners.getOrInsert(ip, owner)).toBe(owner);
      }
    });
    expect(new Set(owners.values())).toEqual(new Set(["n2", "n3"]));
    expect(answered(network)).toHaveLength(VIPS.length);
  });

  it("where the one that takes dies halfway another one takes all", () => {
    const network = allOnN1(3);
    network.portionsPerTick = 0;
    killN1(network);
    network.run(TICK_MS);
    const [dead, other] = [network.station("n2"), network.station("n3")];
    expect(dead.answers.size).toBeGreaterThan(0);
    expect(answered(network).length).toBeLessThan(VIPS.length);
    dead.isOn = false;
    network.run(1_000);
    expect(new Set(network.owners())).toEqual(new Set(["n3"]));
    expect(new Set(other.announced.map(({ ip }) => ip))).toEqual(new Set(VIPS));
  });

  it("where the one before is back halfway each address ends with one owner, and none is left without", () => {
    const network = allOnN1(2);
    network.portionsPerTick = 0;
    network.part(["n1"], ["n2"]);
    const heir = network.station("n2");
    while (heir.answers.size < 2 * DECISIONS) network.run(TICK_MS);
    expect(heir.answers.size).toBeLessThan(VIPS.length);
    network.heal();
    network.run(2_000, () => expect(answered(network)).toHaveLength(VIPS.length));
    expect(new Set(network.owners()).isSubsetOf(new Set(["n1", "n2"]))).toBe(true);
  });

  it("one that ends leaves each address with a successor that answers, however slowly both decide", () => {
    const network = allOnN1(2);
    network.portionsPerTick = 0;
    const leaving = network.station("n1");
    leaving.speaker.handle({ kind: "leave" }, network.nowMs);
    network.run(3_000, () => expect(answered(network)).toHaveLength(VIPS.length));
    expect(leaving.hasLeft).toBe(true);
    expect(new Set(network.owners())).toEqual(new Set(["n2"]));
  });

  it("each is answered for after as many ticks, and the log says so, however often all else has to be decided on again", () => {
    const network = allOnN1(2);
    network.portionsPerTick = 0;
    const heir = network.station("n2");
    killN1(network);
    const news = { wanted: [], gone: [], pools: undefined, members: undefined, nodes: [], isMember: true } as const;
    for (let ticks = 1; ticks < Math.ceil(VIPS.length / DECISIONS); ticks++) {
      heir.speaker.handle({ kind: "cluster", ...news }, network.nowMs);
      network.run(TICK_MS);
    }
    expect(answered(network)).toHaveLength(VIPS.length);
    network.run(2_000, () => heir.speaker.handle({ kind: "cluster", ...news }, network.nowMs));
    const announced = heir.changes.map((data) => (data as { announced: number }).announced);
    expect(announced.reduce((sum, count) => sum + count, 0)).toBe(VIPS.length);
  });

  it("is one line in the log and one round in the report, which wait until it is done", () => {
    const network = allOnN1(2);
    network.portionsPerTick = 0;
    const heir = network.station("n2");
    network.run(2_000);
    killN1(network);
    const states = heir.states;
    while (heir.announced.length < VIPS.length) {
      expect(heir.states).toBe(states);
      network.run(TICK_MS);
    }
    network.run(1_000);
    expect(heir.changes).toMatchObject([{ announced: VIPS.length, causes: { "MemberSilent n1": VIPS.length } }]);
    expect(heir.state?.takeovers).toMatchObject([{ cause: "MemberSilent", from: "n1", gained: VIPS.length }]);
    expect(heir.states).toBeGreaterThan(states);
  });
});
