import { describe, expect, it } from "vitest";
import { SpeakerNetwork } from "./speaker-network.ts";

const VIPS = Array.from({ length: 120 }, (_, index) => `192.0.2.${index + 1}`);
/** From 22:00 to 04:00. */
const NIGHT = { fromMinute: 1_320, toMinute: 240 };

/** All addresses on n1; n2 and n3 came afterwards, two seconds after the time of the day that `from` says. */
function allOnN1(from: string): SpeakerNetwork {
  const network = new SpeakerNetwork(3, VIPS, { isBooted: false });
  network.failBackAfterMs = 5_000;
  network.failBackWindow = NIGHT;
  network.wallAtStartMs = Date.parse(`2026-12-01T${from}Z`);
  network.boot("n1");
  network.run(2_000);
  for (const node of ["n2", "n3"]) network.boot(node);
  return network;
}

function counts(network: SpeakerNetwork): number[] {
  const owners = network.owners();
  return network.nodes.map((node) => owners.filter((owner) => owner === node).length);
}

/** The time of the day, as all machines have it. */
function timeOf({ wallAtStartMs, nowMs }: SpeakerNetwork): string {
  return new Date(wallAtStartMs + nowMs).toISOString().slice(11, 19);
}

describe("--fail-back-window", () => {
  it("13 E addresses stay before it begins, are spread from then on, and each has an owner all the time", () => {
    const network = allOnN1("21:59:40");
    network.run(17_900, () => expect(network.owners().every((owner) => owner === "n1")).toBe(true));
    expect(timeOf(network)).toBe("21:59:59");
    network.run(10_000, () => expect(network.owners()).not.toContain(""));
    expect(counts(network)).toEqual([40, 40, 40]);
  });

  it("13 E moves stop where it ends, takeovers do not, and what is left goes on the next day", () => {
    const network = allOnN1("03:59:50");
    network.run(8_500);
    expect(timeOf(network)).toBe("04:00:00");
    const [left = 0, ...moved] = counts(network);
    expect(left).toBeGreaterThan(40);
    expect(left).toBeLessThan(120);
    const settled = network.owners();
    network.run(10_000);
    expect(network.owners()).toEqual(settled);

    network.station("n3").isOn = false;
    network.run(10_000);
    expect(network.owners()).not.toContain("");
    expect(counts(network).reduce((sum, count) => sum + count)).toBe(120);
    expect(counts(network)[1]).toBeGreaterThan(moved[0] ?? 0);

    network.boot("n3");
    network.run(10_000);
    expect(counts(network)[2]).toBe(0);
    // The clocks of all machines go on to the next evening.
    network.wallAtStartMs += 18 * 3_600_000;
    network.run(12_000);
    expect(counts(network)).toEqual([40, 40, 40]);
  });

  it("13 E a person who asks does not wait for it", () => {
    const network = allOnN1("12:00:00");
    network.run(15_000);
    expect(counts(network)).toEqual([120, 0, 0]);
    const nothing = { wanted: [], gone: [], pools: undefined, members: undefined, nodes: undefined } as const;
    const asked = { kind: "cluster", isMember: true, rebalanceForMs: 60_000, ...nothing } as const;
    for (const node of network.nodes) network.station(node).speaker.handle(asked, network.nowMs);
    network.run(12_000);
    expect(counts(network)).toEqual([40, 40, 40]);
  });
});
