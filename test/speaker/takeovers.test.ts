import { describe, expect, it } from "vitest";
import { TakeoverLog } from "#speaker/takeover-log.ts";
import type { Handover } from "#src/election/handovers.ts";
import { parseIp } from "#src/ip/address.ts";
import { type GainCause, MAX_TAKEOVERS, type Takeover } from "#src/model/takeover.ts";
import { atRest, hopOf, SpeakerNetwork } from "./speaker-network.ts";

const VIPS = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];

/** The last takeover that a speaker reports, without its time. */
function lastOf(network: SpeakerNetwork, node: string): Omit<Takeover, "at"> | undefined {
  const [last] = network.station(node).state?.takeovers ?? [];
  if (last === undefined) return undefined;
  const { at: _at, ...rest } = last;
  return rest;
}

/** Everything on one node: n2 comes later. */
function allOnN1(failBackAfterMs?: number): SpeakerNetwork {
  const network = new SpeakerNetwork(2, VIPS, { isBooted: false });
  network.failBackAfterMs = failBackAfterMs;
  network.boot("n1");
  network.run(2_000);
  network.boot("n2");
  network.run(failBackAfterMs === undefined ? 1_000 : 0);
  expect(network.owners()).toEqual(["n1", "n1", "n1"]);
  return network;
}

describe("takeovers of a Speaker", () => {
  it("O5 says of new addresses that they were vacant", () => {
    const network = allOnN1();
    expect(lastOf(network, "n1")).toEqual({
      cause: "Vacant",
      from: "",
      gained: 3,
      lost: 0,
      addresses: ["192.0.2.1-3"],
    });
  });

  it("O5 names the member that fell silent, in one round for all its addresses", () => {
    const network = allOnN1();
    network.station("n1").isOn = false;
    network.run(1_000);
    expect(lastOf(network, "n2")).toEqual({
      cause: "MemberSilent",
      from: "n1",
      gained: 3,
      lost: 0,
      addresses: ["192.0.2.1-3"],
      silentMs: expect.any(Number) as number,
    });
    expect(network.station("n2").state?.takeovers).toHaveLength(1);
    expect(lastOf(network, "n2")?.silentMs).toBeLessThan(1_000);
    expect(network.counters("n2").labelled["takeovers"]).toEqual({ MemberSilent: 1 });
  });

  it("O5 names the member that ends, at both ends", () => {
    const network = allOnN1();
    network.station("n1").speaker.handle({ kind: "leave" }, network.nowMs);
    network.run(1_000);
    expect(lastOf(network, "n2")).toMatchObject({ cause: "MemberLeft", from: "n1", gained: 3, lost: 0 });
  });

  it("O5 says that endpoints moved", () => {
    const network = allOnN1();
    for (const node of ["n1", "n2"]) network.tell(node, VIPS, ["n2"]);
    network.run(1_000);
    expect(lastOf(network, "n2")).toMatchObject({ cause: "EndpointsMoved", from: "n1", gained: 3, lost: 0 });
    expect(lastOf(network, "n1")).toMatchObject({ cause: "EndpointsMoved", from: "n2", gained: 0, lost: 3 });
  });

  it("O5 says that a partition left two owners", () => {
    const network = atRest(2, VIPS);
    network.part(["n1"], ["n2"]);
    network.run(1_000);
    network.heal();
    network.run(1_000);
    const lasts = ["n1", "n2"].flatMap(
      (node) => network.station(node).state?.takeovers.filter(({ lost }) => lost > 0) ?? [],
    );
    expect(lasts.reduce((sum, { lost }) => sum + lost, 0)).toBe(3);
    expect(new Set(lasts.map(({ cause }) => cause))).toEqual(new Set(["Conflict"]));
  });

  it("13 E says that addresses were spread", () => {
    const network = allOnN1(5_000);
    network.run(20_000);
    const back = network.owners().filter((owner) => owner === "n2").length;
    expect(back).toBeGreaterThan(0);
    expect(lastOf(network, "n2")).toMatchObject({ cause: "Rebalanced", from: "n1", gained: back });
    expect(lastOf(network, "n1")).toMatchObject({ cause: "Rebalanced", from: "n2", lost: back });
  });

  it("13 D a speaker sends unknown packets to the one that ends before it announces; from a dead one it takes nothing over", () => {
    const network = new SpeakerNetwork(3, ["192.0.2.1"], { isBooted: false });
    network.keepConnectionsMs = 60_000;
    for (const node of network.nodes) network.boot(node);
    network.run(2_000);
    const [owner = ""] = network.owners();
    network.station(owner).speaker.handle({ kind: "leave" }, network.nowMs);
    network.run(500);
    const [heir = ""] = network.owners();
    expect(network.station(heir).followed).toEqual([{ ip: "192.0.2.1", via: hopOf(owner), announcements: 0 }]);
    network.station(heir).isOn = false;
    network.run(500);
    const [last = ""] = network.owners();
    expect(network.station(last).followed.map(({ via }) => via)).not.toContain(hopOf(heir));
  });

  it.each([
    { cause: "NotWanted", act: (network: SpeakerNetwork) => network.tell("n1", []) },
    {
      cause: "Forbidden",
      act: (network: SpeakerNetwork) => {
        network.station("n1").network.forbidden = new Map(VIPS.map((ip) => [ip, "MemberAddress"]));
        network.station("n1").speaker.networkChanged(network.nowMs);
      },
    },
  ])("O5 says that addresses are $cause", ({ cause, act }) => {
    const network = allOnN1();
    act(network);
    network.run(1_000);
    expect(lastOf(network, "n1")).toMatchObject({ cause, from: "", gained: 0, lost: 3 });
  });
});

describe("TakeoverLog", () => {
  const handover = (last: number, cause: GainCause = "MemberSilent", from = "n1"): Handover => {
    return { ip: parseIp(`192.0.2.${last}`) ?? expect.fail(), isGain: true, cause, from };
  };
  const at = (ms: number) => ({ ms, iso: `at ${ms}` });

  it("O5 puts what comes within a second from one member for one cause into one round", () => {
    const log = new TakeoverLog();
    expect(log.add([handover(1), handover(2)], at(0))).toEqual(["MemberSilent"]);
    expect(log.add([handover(3)], at(999))).toEqual([]);
    expect(log.add([handover(4)], at(1_000))).toHaveLength(1);
    log.add([handover(5, "MemberSilent", "n3"), handover(6, "Conflict")], at(1_001));
    expect(log.list().map(({ at: when, cause, from, gained }) => [when, cause, from, gained])).toEqual([
      ["at 1001", "Conflict", "n1", 1],
      ["at 1001", "MemberSilent", "n3", 1],
      ["at 1000", "MemberSilent", "n1", 1],
      ["at 0", "MemberSilent", "n1", 3],
    ]);
  });

  it("14 A says how long the member was silent when it was heard last before, the longest of a round, and of no other cause", () => {
    const log = new TakeoverLog();
    const heardMs = (node: string): number | undefined => (node === "n1" ? 1_000.4 : undefined);
    log.add([handover(1), handover(2, "Rebalanced"), handover(3, "MemberSilent", "n9")], at(1_095), heardMs);
    log.add([handover(4)], at(1_120), heardMs);
    expect(log.list().map(({ cause, from, silentMs }) => [cause, from, silentMs])).toEqual([
      ["MemberSilent", "n9", undefined],
      ["Rebalanced", "n1", undefined],
      ["MemberSilent", "n1", 120],
    ]);
  });

  it("O5 keeps a bounded number of rounds and of texts", () => {
    const log = new TakeoverLog();
    for (let round = 0; round < 20; round++) log.add([handover(round)], at(round * 2_000));
    expect(log.list()).toHaveLength(MAX_TAKEOVERS);
    const many = Array.from({ length: 5_000 }, (_, index): Handover => {
      return { ...handover(1), ip: { family: "ipv4", value: BigInt(index) << 8n } };
    });
    log.add(many, at(99_000));
    expect(log.list()[0]).toMatchObject({ gained: 5_000 });
    expect(log.list()[0]?.addresses.length).toBeLessThanOrEqual(16);
  });
});
