import { describe, expect, it } from "vitest";
import { networksToTell, untoldNetworkProblems } from "#speaker/networks-to-tell.ts";
import { parseIp } from "#src/ip/address.ts";
import { parseCidr, printCidr } from "#src/ip/cidr.ts";
import { type IpRange, parseRange } from "#src/ip/range.ts";

/** 10.0.0.0/24 to 10.0.N.0/24. */
const networks = (count: number) =>
  Array.from({ length: count }, (_, index) => parseCidr(`10.0.${index}.0/24`) ?? expect.fail());

function rangeOf(text: string): IpRange {
  const parsed = parseRange(text);
  return parsed.ok ? parsed.range : expect.fail(text);
}

const wantedIn = (...numbers: readonly number[]) =>
  numbers.map((number) => ({ ip: parseIp(`10.0.${number}.200`) ?? expect.fail() }));

function tell(count: number, wanted: readonly number[], ranges: readonly string[] = []) {
  const { told, left } = networksToTell(networks(count), {
    wanted: wantedIn(...wanted),
    pools: [{ ranges: ranges.map(rangeOf) }],
  });
  return { told: told.map(printCidr), left: left.map(printCidr) };
}

describe("networksToTell()", () => {
  it("L6 tells all where there is room for all", () => {
    expect(tell(16, []).told).toHaveLength(16);
  });

  it("L6 of more than 16 tells those with a wanted address or a pool's range, wherever they are in the list", () => {
    expect(tell(40, [39, 17], ["10.0.20.10-10.0.21.5", "192.0.2.0/24"])).toEqual({
      told: ["10.0.17.0/24", "10.0.39.0/24", "10.0.20.0/24", "10.0.21.0/24"],
      left: [],
    });
  });

  it("L6 where even these are too many, leaves out networks without a wanted address first, and names them", () => {
    const wanted = [30, 31, 32];
    const { told, left } = tell(33, wanted, ["10.0.0.0/16"]);
    expect(told).toHaveLength(16);
    expect(told.slice(0, 3)).toEqual(["10.0.30.0/24", "10.0.31.0/24", "10.0.32.0/24"]);
    expect(left).toHaveLength(33 - 16);
    expect([...told, ...left].sort()).toEqual(networks(33).map(printCidr).sort());
  });
});

describe("untoldNetworkProblems()", () => {
  it("L6 names every network that is left out", () => {
    expect(untoldNetworkProblems("n1", networks(2))).toMatchObject([
      { code: "TOO_MANY_NETWORKS", what: "Announces no address of 10.0.0.0/24, 10.0.1.0/24" },
    ]);
    expect(untoldNetworkProblems("n1", [])).toEqual([]);
  });
});
