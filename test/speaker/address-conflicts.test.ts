import { describe, expect, it } from "vitest";
import { AddressConflicts, type DueAction } from "#speaker/address-conflicts.ts";
import { parseIp } from "#src/ip/address.ts";
import type { Claim } from "#src/wire/heartbeat.ts";
import type { ConflictPolicy } from "#src/model/conflict-policy.ts";

const MAC = "02:00:00:00:00:99";
const IPS = ["192.0.2.200", "192.0.2.201"] as const;

function addressOf(text: string, conflict?: ConflictPolicy, isNew = false) {
  const ip = parseIp(text) ?? expect.fail(text);
  return { ip, ...(conflict === undefined ? {} : { conflict }), ...(isNew ? { isNew } : {}) } as const;
}

const claim: Claim = { ip: addressOf(IPS[0]).ip, term: 1, majority: true };

/** Conflicts about addresses that this speaker claims since the time 0. */
function claiming(addresses: readonly string[] = IPS, policy?: ConflictPolicy, isNew = false): AddressConflicts {
  const conflicts = new AddressConflicts(() => 0.5);
  for (const text of addresses) conflicts.claim(text, addressOf(text, policy, isNew), 0);
  return conflicts;
}

const nobody = { nodeOf: () => undefined, memberOf: () => undefined };
const member = (node: string, claims?: ReadonlyMap<string, Claim>, liveSinceMs = -60_000) => ({
  nodeOf: () => node,
  memberOf: () => claims && { claims, liveSinceMs },
});
const find = (conflicts: AddressConflicts, nowMs: number, view = nobody as Parameters<typeof conflicts.problems>[1]) =>
  conflicts.problems("n1", view, nowMs);

/** Lets time pass in ticks of 20 ms. */
function run(
  conflicts: AddressConflicts,
  fromMs: number,
  toMs: number,
  onDue: (due: DueAction, nowMs: number) => void,
) {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 20)
    for (const due of conflicts.takeDue(nobody, nowMs, Infinity)) onDue(due, nowMs);
}

describe("AddressConflicts", () => {
  it("L3 a handover is no Problem, a second owner is one, with its name and the addresses", () => {
    const conflicts = claiming();
    conflicts.hear(IPS[1], MAC, 0);
    conflicts.hear(IPS[0], MAC, 10);
    expect(find(conflicts, 2_900, member("n2"))).toEqual([]);
    expect(find(conflicts, 3_010, member("n2"))).toMatchObject([
      {
        code: "ADDRESS_HAS_TWO_OWNERS",
        what: `n1 and n2 (${MAC}) both announce 192.0.2.200-201`,
        addresses: ["192.0.2.200-201"],
        fix: "Allow the heartbeat port between n1 and n2 in both directions",
      },
    ]);
    conflicts.settle(IPS[1]);
    expect(find(conflicts, 4_000, member("n2"))[0]?.what).toMatch(/announce 192\.0\.2\.200$/);
  });

  it("G a machine that is not a member is one only where it says so again", () => {
    const conflicts = claiming();
    for (const text of IPS) conflicts.hear(text, MAC, 0);
    expect(find(conflicts, 3_010)).toEqual([]);
    conflicts.hear(IPS[0], MAC, 3_020);
    expect(find(conflicts, 3_030)[0]?.what).toBe(`n1 and the machine ${MAC} both announce 192.0.2.200`);
  });

  it("J a virtual router is named by what its MAC says for sure", () => {
    const conflicts = claiming();
    for (const atMs of [0, 3_020]) conflicts.hear(IPS[0], "00:00:5e:00:01:33", atMs);
    const named = "the machine 00:00:5e:00:01:33 (VRRP or CARP, virtual router 51)";
    expect(find(conflicts, 3_030)[0]?.what).toBe(`n1 and ${named} both announce 192.0.2.200`);
  });

  it("L3 what a member has given up, as its heartbeats say, is no Problem", () => {
    const conflicts = claiming();
    conflicts.hear(IPS[0], MAC, 0);
    expect(find(conflicts, 4_000, member("n2", new Map([[IPS[0], claim]])))).toHaveLength(1);
    expect(find(conflicts, 5_000, member("n2", new Map()))).toEqual([]);
  });

  it("H what a member answers for and does not claim is another program there, once that is heard again", () => {
    const conflicts = claiming();
    conflicts.hear(IPS[0], MAC, 0);
    conflicts.hear(IPS[0], MAC, 1_500);
    expect(find(conflicts, 10_000, member("n2", new Map()))).toEqual([]);
    conflicts.hear(IPS[0], MAC, 60_000);
    expect(find(conflicts, 61_000, member("n2", new Map()))).toMatchObject([
      { code: "ADDRESS_HAS_TWO_OWNERS", fix: expect.stringMatching(/^Look on n2 for another program/) },
    ]);
  });

  it("L3 what a member announced while its heartbeats did not arrive is no Problem once they do, unless it is heard again", () => {
    const conflicts = claiming();
    for (let at = 0; at <= 20_000; at += 1_000) conflicts.hear(IPS[0], MAC, at);
    expect(find(conflicts, 20_000)).toHaveLength(1);
    const back = member("n2", new Map(), 19_500);
    expect(find(conflicts, 25_000, back)).toEqual([]);
    conflicts.hear(IPS[0], MAC, 26_000);
    expect(find(conflicts, 27_000, back)).toMatchObject([{ fix: expect.stringMatching(/^Look on n2 for another/) }]);
  });

  it("L3 it lasts as long as the other machine repeats it", () => {
    const conflicts = claiming();
    for (let at = 0; at <= 480_000; at += 120_000) conflicts.hear(IPS[0], MAC, at);
    expect(find(conflicts, 600_000)).toHaveLength(1);
    expect(find(conflicts, 631_000)).toEqual([]);
  });

  it("L3 knows what it claims alone, and one machine of each, whatever is heard", () => {
    const conflicts = claiming();
    for (let index = 0; index < 5_000; index++) conflicts.hear(`10.0.${index >> 8}.${index & 255}`, MAC, 0);
    for (let other = 10; other < 99; other++)
      for (const atMs of [0, 2_000]) conflicts.hear(IPS[0], `02:00:00:00:00:${other}`, atMs);
    const found = find(conflicts, 5_000);
    expect(found.map(({ addresses }) => addresses)).toEqual([["192.0.2.200"]]);
    conflicts.release(IPS[0]);
    expect(find(conflicts, 5_000)).toEqual([]);
  });

  it("J machines that somebody makes up are few Problems: the four that were heard first, and the others together", () => {
    const texts = Array.from({ length: 200 }, (_, at) => `10.0.0.${at}`);
    const conflicts = claiming(texts);
    // The real one is there before, and has the last address.
    const machines = [MAC, ...texts.slice(1).map((_, at) => `02:00:00:00:01:${at.toString(16).padStart(2, "0")}`)];
    for (const [at, mac] of machines.entries()) {
      const text = at === 0 ? "10.0.0.199" : (texts[at - 1] ?? "");
      for (const atMs of [at, 3_000 + at]) conflicts.hear(text, mac, atMs);
    }
    const found = find(conflicts, 4_000);
    expect(found.map(({ what }) => what)).toEqual([
      `n1 and the machine ${MAC} both announce 10.0.0.199`,
      "n1 and the machine 02:00:00:00:01:00 both announce 10.0.0.0",
      "n1 and the machine 02:00:00:00:01:01 both announce 10.0.0.1",
      "n1 and the machine 02:00:00:00:01:02 both announce 10.0.0.2",
      "n1 and 196 other machines announce 10.0.0.3-198",
    ]);
    expect(found.at(-1)).toMatchObject({
      code: "ADDRESS_HAS_TWO_OWNERS",
      addresses: ["10.0.0.3-198"],
      why: "the machines 02:00:00:00:01:03, 02:00:00:00:01:04, 02:00:00:00:01:05 and 193 more say by ARP or NDP that they have them while n1 announces them",
    });
  });

  it("J of a pool that yields the others are one Problem, too", () => {
    const texts = Array.from({ length: 50 }, (_, at) => `10.0.0.${at}`);
    const conflicts = claiming(texts, "yield", true);
    for (const [at, text] of texts.entries()) conflicts.hear(text, `02:00:00:00:01:${10 + at}`, at);
    run(conflicts, 0, 1_000, () => undefined);
    const found = find(conflicts, 1_000);
    expect(found.map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => "ADDRESS_YIELDED"));
    expect(found.at(-1)).toMatchObject({
      what: "n1 does not announce 10.0.0.4-49",
      why: expect.stringMatching(/^the machines 02:00:00:00:01:14, .* and 43 more answer for them/),
    });
  });

  it("G a new address that another machine answers for is silent and reported as yielded, with the machine", () => {
    const conflicts = claiming(IPS, "yield", true);
    expect([...conflicts.silent]).toEqual([...IPS]);
    const done: string[] = [];
    run(conflicts, 0, 5_000, ({ key, action }, nowMs) => {
      if (action !== "probe") done.push(`${action} ${key}`);
      else if (key === IPS[0]) conflicts.hear(key, MAC, nowMs);
    });
    expect(done).toEqual([`announce ${IPS[1]}`]);
    expect([...conflicts.silent]).toEqual([IPS[0]]);
    expect(find(conflicts, 5_000)).toMatchObject([
      { code: "ADDRESS_YIELDED", what: "n1 does not announce 192.0.2.200", addresses: ["192.0.2.200"] },
    ]);
    expect(find(conflicts, 5_000)[0]?.why).toContain(MAC);
    conflicts.claim(IPS[0], addressOf(IPS[0], "defend"), 5_000);
    run(conflicts, 5_000, 5_000, ({ key, action }) => done.push(`${action} ${key}`));
    expect(done.at(-1)).toBe(`announce ${IPS[0]}`);
    expect(conflicts.silent.size).toBe(0);
  });

  it("G asks first, within the budget, for what is new alone, and once", () => {
    const texts = Array.from({ length: 1_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    const takenOver = claiming(texts, "yield");
    expect(takenOver.takeNew(nobody, 0)).toEqual([]);
    const fresh = claiming(texts, "defend", true);
    fresh.release(texts[0] ?? "");
    const first = fresh.takeNew(nobody, 0);
    expect(new Set(first.map(({ action }) => action))).toEqual(new Set(["probe"]));
    expect(first.map(({ key }) => key)).toEqual(texts.slice(1, 201));
    expect([fresh.takeNew(nobody, 0), fresh.takeDue(nobody, 0, Infinity)]).toEqual([[], []]);
    const asked = new Map(first.map(({ key }) => [key, 1]));
    run(fresh, 20, 10_000, ({ key }) => asked.set(key, (asked.get(key) ?? 0) + 1));
    expect(asked.size).toBe(999);
    expect(new Set(asked.values())).toEqual(new Set([3]));
  });

  it("G asks for thousands of new addresses within a bounded rate, and for each of them three times", () => {
    const texts = Array.from({ length: 3_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    const conflicts = claiming(texts, "yield", true);
    const asked = new Map<string, number>();
    const bySecond: number[] = [];
    let announced = 0;
    run(conflicts, 0, 20_000, ({ key, action }, nowMs) => {
      if (action === "announce") announced++;
      if (action !== "probe") return;
      asked.set(key, (asked.get(key) ?? 0) + 1);
      const second = Math.floor(nowMs / 1_000);
      bySecond[second] = (bySecond[second] ?? 0) + 1;
    });
    expect([asked.size, announced]).toEqual([3_000, 3_000]);
    expect(new Set(asked.values())).toEqual(new Set([3]));
    expect(Math.max(...bySecond)).toBeLessThanOrEqual(1_220);
  });
});
