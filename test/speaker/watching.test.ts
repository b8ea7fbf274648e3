import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Watching } from "#speaker/watching.ts";
import { watchersOf } from "#src/election/watchers.ts";
import { DEAD_AFTER_MS, SpeakerNetwork, TICK_MS } from "./speaker-network.ts";

const VIPS = Array.from({ length: 12 }, (_, index) => `192.0.2.${index + 1}`);
const sizes = fc.integer({ min: 7, max: 18 });
/** For a death that is noticed by its watchers and reported to all others: two ticks more than its own dead time. */
const NOTICED_MS = DEAD_AFTER_MS + 4 * TICK_MS;
/** Members that are not watched closely are looked at once a second. */
const SLOW_MS = 1_000;

/** A network of a size in which all know each other, and have stopped greeting. */
function settled(size: number, ips: readonly string[] = VIPS): SpeakerNetwork {
  const network = new SpeakerNetwork(size, ips);
  network.run(1_500);
  for (const ip of ips) expect(network.answering(ip)).toHaveLength(1);
  return network;
}

function numbersTo(size: number): number[] {
  return Array.from({ length: size }, (_, index) => index + 1);
}

/** The watchers of a node where all are able. */
function watchersIn(network: SpeakerNetwork, node: string): readonly string[] {
  const members = network.nodes.map((name) => ({ node: name, ready: true, leaving: false, subnets: network.subnets }));
  return watchersOf({ node, subnets: network.subnets }, members);
}

/** Heartbeats that arrive at each node in a second, at rest. */
function rates(network: SpeakerNetwork): readonly number[] {
  network.received.clear();
  network.run(1_000);
  return network.nodes.map((node) => network.received.get(node) ?? 0);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

describe("Watching", () => {
  it("13 C tells all of members that came back within ten seconds of others, too, when these are over", () => {
    const recipients = numbersTo(40).map((index) => ({
      node: `m${index}`,
      address: "192.0.2.1",
      family: "ipv4" as const,
      macs: [],
    }));
    const link = { session: 2n, isLive: true, knownVersion: 1, silentMs: 0 };
    const membership = { revivals: 0, viewVersion: 0, silent: [], hearsVersion1: () => false, linkTo: () => link };
    const members = { recipients, live: () => [] };
    const watching = new Watching({
      membership,
      members,
      session: 2n,
      heartbeatEveryMs: TICK_MS,
      deadAfterMs: DEAD_AFTER_MS,
    } as unknown as ConstructorParameters<typeof Watching>[0]);
    const subnets = [] as const;
    const self = { node: "n1", ready: true, leaving: false, liveSinceMs: 0, subnets, claims: new Map() };
    const own = { ready: true, leaving: false, stallMs: 0, subnets, claims: new Map(), claimsVersion: 1 };
    let nowMs = 0;
    /** The ticks in which more than the usual few members were told. */
    const burstsIn = (durationMs: number): number => {
      let bursts = 0;
      for (const endMs = nowMs + durationMs; nowMs < endMs; nowMs += TICK_MS)
        if (watching.turns(self, own, nowMs).length > 20) bursts += 1;
      return bursts;
    };
    burstsIn(2_000);
    membership.revivals = 1;
    expect(burstsIn(1_000)).toBe(1);
    membership.revivals = 3;
    expect(burstsIn(8_000)).toBe(0);
    expect(burstsIn(2_000)).toBe(1);
    expect(burstsIn(20_000)).toBe(0);
  });
});

describe("speakers that watch a few of each other", () => {
  it("A4 take over from a dead node within its dead time and two ticks, and its watchers inherit", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, which) => {
        const network = settled(size);
        const before = network.owners();
        const dead = before[which % before.length] ?? "";
        network.station(dead).isOn = false;
        network.run(DEAD_AFTER_MS + 2 * TICK_MS);
        const watchers = watchersIn(network, dead);
        before.forEach((owner, index) => {
          const [after = "", ...others] = network.answering(VIPS[index] ?? "");
          expect(others).toEqual([]);
          if (owner === dead) expect(watchers).toContain(after);
          else expect(after).toBe(owner);
        });
      }),
      { numRuns: 2 },
    );
  });

  it("A4 cover the death of watchers together with the node that they watch", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.integer({ min: 1, max: 4 }), (size, which, count) => {
        const network = settled(size);
        const dead = network.owners()[which % VIPS.length] ?? "";
        const gone = [dead, ...watchersIn(network, dead).slice(0, count)];
        for (const node of gone) network.station(node).isOn = false;
        network.run(NOTICED_MS);
        for (const ip of VIPS) {
          expect(network.answering(ip)).toHaveLength(1);
          expect(gone).not.toContain(network.answering(ip)[0]);
        }
      }),
      { numRuns: 2 },
    );
  });

  it.each([
    { size: 7, deaths: 5 },
    { size: 8, deaths: 5 },
    { size: 10, deaths: 6 },
    { size: 20, deaths: 6 },
  ])("A4 cover the death of $deaths of $size nodes at once as fast, where one watcher of each is left", (given) => {
    const { size, deaths } = given;
    fc.assert(
      fc.property(fc.shuffledSubarray(numbersTo(size), { minLength: deaths, maxLength: deaths }), (numbers) => {
        const network = settled(size);
        const gone = numbers.map((number) => `n${number}`);
        fc.pre(gone.every((node) => watchersIn(network, node).some((watcher) => !gone.includes(watcher))));
        for (const node of gone) network.station(node).isOn = false;
        network.run(NOTICED_MS);
        for (const ip of VIPS) expect(network.answering(ip)).toHaveLength(1);
      }),
      { numRuns: 2 },
    );
  });

  it("A4 find out slowly that a node died with all that watched it", () => {
    const network = settled(20);
    const [dead = ""] = network.owners();
    for (const node of [dead, ...watchersIn(network, dead)]) network.station(node).isOn = false;
    network.run(6 * SLOW_MS);
    for (const ip of VIPS) expect(network.answering(ip)).toHaveLength(1);
  });

  it("A4 hand an address that no watcher may announce to one that may, as soon as the death is reported", () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 20 }), (size) => {
        const network = settled(size, ["192.0.2.1"]);
        const [owner = ""] = network.owners();
        const watchers = watchersIn(network, owner);
        const able = [owner, ...network.nodes.filter((node) => node !== owner && !watchers.includes(node)).slice(0, 2)];
        for (const node of network.nodes) network.tell(node, ["192.0.2.1"], able);
        network.run(200);
        network.station(owner).isOn = false;
        network.run(NOTICED_MS);
        expect(network.answering("192.0.2.1")).toHaveLength(1);
        expect(able.slice(1)).toContain(network.answering("192.0.2.1")[0]);
      }),
      { numRuns: 2 },
    );
  });

  it("A4 tell an owner that was paused whose its addresses are now, also where the first heartbeats get lost", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, which) => {
        const network = settled(size);
        const paused = network.owners()[which % VIPS.length] ?? "";
        network.station(paused).isOn = false;
        network.run(2_500);
        const heirs = network.owners();
        network.station(paused).isOn = true;
        for (const heir of heirs) network.cut(heir, paused);
        network.run(2 * TICK_MS);
        network.heal();
        network.run(10 * TICK_MS);
        expect(network.owners()).toEqual(heirs);
      }),
      { numRuns: 2 },
    );
  });

  it("A4 believe no single watcher that is cut off from a node: nobody else takes its addresses", () => {
    const network = settled(15, ["192.0.2.1"]);
    const [owner = ""] = network.owners();
    const [watcher = ""] = watchersIn(network, owner);
    network.cut(owner, watcher);
    network.run(5 * SLOW_MS, () => {
      const others = network.answering("192.0.2.1").filter((node) => node !== owner && node !== watcher);
      expect(others).toEqual([]);
    });
    network.heal();
    network.run(2 * SLOW_MS);
    expect(network.answering("192.0.2.1")).toHaveLength(1);
  });

  it("A4 keep what they have while one that hears no other takes some of it, and have one owner again after that", () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 18 }), fc.nat(), (size, which) => {
        const network = settled(size);
        const before = network.owners();
        const deaf = network.nodes[which % size] ?? "";
        for (const other of network.nodes) if (other !== deaf) network.cut(other, deaf);
        network.run(10 * SLOW_MS);
        before.forEach((owner, index) => expect(network.answering(VIPS[index] ?? "")).toContain(owner));
        network.heal();
        network.run(SLOW_MS + 10 * TICK_MS);
        for (const ip of VIPS) expect(network.answering(ip)).toHaveLength(1);
      }),
      { numRuns: 2 },
    );
  });

  it("A4 never leave an address unanswered while a node leaves", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, which) => {
        const network = settled(size);
        const leaver = network.station(network.owners()[which % VIPS.length] ?? "");
        leaver.speaker.handle({ kind: "leave" }, network.nowMs);
        network.run(300, () => VIPS.forEach((ip) => expect(network.answering(ip).length).toBeGreaterThan(0)));
        expect(leaver.hasLeft).toBe(true);
        for (const ip of VIPS) expect(network.answering(ip)).toHaveLength(1);
      }),
      { numRuns: 2 },
    );
  });

  it("A4 have one owner of each address again soon after a partition, wherever it went", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.integer({ min: 10, max: 400 }), (size, which, ticks) => {
        const network = settled(size);
        network.part(network.nodes.slice(0, (which % (size - 1)) + 1));
        network.run(ticks * TICK_MS);
        network.heal();
        network.run(SLOW_MS + 10 * TICK_MS);
        const owners = network.owners();
        for (const ip of VIPS) expect(network.answering(ip)).toHaveLength(1);
        network.run(SLOW_MS, () => expect(network.owners()).toEqual(owners));
      }),
      { numRuns: 2 },
    );
  });

  it("A4 come to one owner of each address under loss, doubling and delay, whatever died and came back", () => {
    const events = fc.record({
      what: fc.constantFrom("off", "boot", "part", "heal", "leave"),
      node: fc.nat(),
      ticks: fc.nat(40),
    });
    fc.assert(
      fc.property(
        sizes,
        fc.array(events, { maxLength: 8 }),
        fc.array(fc.nat(99), { minLength: 97, maxLength: 97 }),
        (size, story, dice) => {
          const network = settled(size);
          let rolls = 0;
          network.fate = () => {
            const rolled = dice[rolls++ % dice.length] ?? 99;
            if (rolled < 10) return { copies: 0, lateTicks: 0 };
            return { copies: rolled < 20 ? 2 : 1, lateTicks: rolled < 30 ? 1 + (rolled % 3) : 0 };
          };
          for (const { what, node, ticks } of story) {
            const station = network.station(network.nodes[node % size] ?? "");
            if (what === "off") station.isOn = false;
            else if (what === "boot") network.boot(station.name);
            else if (what === "leave") station.speaker.handle({ kind: "leave" }, network.nowMs);
            else if (what === "part") network.part(network.nodes.slice(0, 1 + (node % (size - 1))));
            else network.heal();
            network.run(ticks * TICK_MS);
          }
          network.heal();
          network.fate = () => ({ copies: 1, lateTicks: 0 });
          for (const { name, isOn, hasLeft } of network.stations.values()) if (!isOn || hasLeft) network.boot(name);
          network.run(4 * SLOW_MS);
          const owners = network.owners();
          for (const ip of VIPS) expect(network.answering(ip)).toHaveLength(1);
          network.run(SLOW_MS, () => expect(network.owners()).toEqual(owners));
        },
      ),
      { numRuns: 2 },
    );
  });

  it("A5 exchange as many heartbeats in 60 nodes as in 20, and all watch all in 6", () => {
    const [six, twenty, sixty] = [6, 20, 60].map((size) => rates(settled(size)));
    expect(mean(six ?? [])).toBe(250);
    expect(mean(twenty ?? [])).toBeLessThanOrEqual(250 + 14 + 2);
    expect(mean(sixty ?? [])).toBeLessThanOrEqual(250 + 50 + 2);
  });

  it("A6 of version 1 get what they can read, and hear each heartbeat of all, until the last one is upgraded", () => {
    const network = new SpeakerNetwork(9, VIPS, { isBooted: false });
    for (const node of network.nodes) network.old.add(node);
    for (const node of network.nodes) network.boot(node);
    network.run(1_500);
    for (const ip of VIPS) expect(network.answering(ip)).toHaveLength(1);
    const restart = (node: string): void => {
      network.station(node).speaker.handle({ kind: "leave" }, network.nowMs);
      network.run(300, () => VIPS.forEach((ip) => expect(network.answering(ip)).not.toHaveLength(0)));
      network.boot(node);
      network.run(1_500, () => VIPS.forEach((ip) => expect(network.answering(ip)).toHaveLength(1)));
    };
    for (const node of network.nodes) {
      network.old.delete(node);
      restart(node);
      if (network.old.size > 0) expect(mean(rates(network))).toBe(8 * 50);
    }
    network.run(1_000);
    expect(mean(rates(network))).toBeLessThan(6 * 50);
    // And back: one of version 1 again.
    network.old.add("n3");
    restart("n3");
    expect(mean(rates(network))).toBe(8 * 50);
  });

  it("A6 take over at once in a cluster of both versions, whichever dies", () => {
    fc.assert(
      fc.property(fc.subarray(["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"]), fc.nat(), (old, which) => {
        const network = new SpeakerNetwork(9, VIPS, { isBooted: false });
        for (const node of old) network.old.add(node);
        for (const node of network.nodes) network.boot(node);
        network.run(1_500);
        const dead = network.station(network.owners()[which % VIPS.length] ?? "");
        dead.isOn = false;
        network.run(DEAD_AFTER_MS + 2 * TICK_MS);
        for (const ip of VIPS) expect(network.answering(ip)).toHaveLength(1);
      }),
      { numRuns: 2 },
    );
  });
});
