import { describe, expect, it } from "vitest";
import type { Member, WantedAddress } from "#src/election/member.ts";
import type { SpreadView } from "#src/election/spread.ts";
import { Spreading } from "#src/election/spreading.ts";
import { parseIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";
import type { Claim } from "#src/wire/heartbeat.ts";

const lan = parseCidr("192.0.2.0/24") ?? expect.fail("a CIDR");
const SETTLED_MS = 10_000;
/** From 22:00 to 04:00. */
const NIGHT = { fromMinute: 1_320, toMinute: 240 };

/** n1 has all addresses, n2 none. */
function allOnN1(count: number): SpreadView {
  const claims = new Map<string, Claim>();
  const wanted = new Map<string, WantedAddress>();
  for (let last = 1; last <= count; last++) {
    const key = `192.0.2.${last}`;
    const ip = parseIp(key) ?? expect.fail(key);
    claims.set(key, { ip, term: 1, majority: true });
    const all = { forbidden: undefined, selected: undefined, serving: undefined };
    wanted.set(key, { ip, ...all, terminating: new Set(), scores: new Map() });
  }
  const members = ["n1", "n2"].map((node): Member => {
    const own = node === "n1" ? claims : new Map<string, Claim>();
    return { node, ready: true, leaving: false, liveSinceMs: 0, subnets: [lan], claims: own };
  });
  return { wanted, members, nodes: undefined, knownMembers: 2 };
}

/** How many addresses n2 takes each second, from the time of the day on that `from` says; nothing changes meanwhile. */
function takenEachSecond(spreading: Spreading, from: string, seconds: number): number[] {
  const startMs = Date.parse(`2026-12-01T${from}Z`);
  const moment = { self: "n2", viewVersion: 1, isUnsettled: false, isCutOff: false };
  return Array.from({ length: seconds }, (_, second) => {
    const nowMs = second * 1_000;
    return spreading.due(allOnN1(100), { ...moment, nowMs, wallMs: startMs + nowMs }).length;
  });
}

describe("Spreading", () => {
  const [none, all] = [Array<number>(10).fill(0), Array<number>(5).fill(10)];

  it.each([
    { name: "without a window at any time", window: undefined, from: "12:00:00", taken: [...none, ...all] },
    { name: "from its start on", from: "21:59:47", taken: [...none, 0, 0, 0, 10, 10] },
    { name: "in the minute before it not", from: "21:59:00", taken: [...none, 0, 0, 0, 0, 0] },
    { name: "over midnight", from: "23:59:47", taken: [...none, ...all] },
    { name: "until right before its end", from: "03:59:47", taken: [...none, 10, 10, 10, 0, 0] },
    { name: "after it not", from: "04:00:00", taken: [...none, 0, 0, 0, 0, 0] },
  ])("13 E addresses are spread in the window alone: $name", ({ window = NIGHT, name, from, taken }) => {
    const spreading = new Spreading(SETTLED_MS, name.startsWith("without") ? undefined : window);
    expect(takenEachSecond(spreading, from, 15)).toEqual(taken);
  });

  it("13 E what a person asks for is not bound to the window, and all else is again once that is over", () => {
    const spreading = new Spreading(SETTLED_MS, NIGHT);
    spreading.ask(6_000, 0);
    expect(takenEachSecond(spreading, "12:00:00", 15)).toEqual([0, 0, 0, 10, 10, 10, 0, 0, 0, ...none.slice(4)]);
  });

  it("13 E in the window nothing is spread by itself where that is off", () => {
    expect(takenEachSecond(new Spreading(undefined, NIGHT), "23:00:00", 15)).toEqual([...none, 0, 0, 0, 0, 0]);
  });
});
