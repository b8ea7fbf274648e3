import { describe, expect, it } from "vitest";
import { ForeignClaims } from "#speaker/foreign-claims.ts";
import { parseIp } from "#src/ip/address.ts";

const MAC = "02:00:00:00:00:99";

function claim(text: string, mac = MAC) {
  return [text, { ip: parseIp(text) ?? expect.fail(text), mac }] as const;
}

const find = (claims: ForeignClaims, nowMs: number, node?: string, claimed?: ReadonlyMap<string, unknown>) =>
  claims.problems("n1", { nowMs, nodeOf: () => node, claimsOf: () => claimed });

describe("ForeignClaims", () => {
  it("L3 a handover is no Problem, a second owner is one, with its name and the addresses", () => {
    const claims = new ForeignClaims();
    claims.hear(...claim("192.0.2.201"), 0);
    claims.hear(...claim("192.0.2.200"), 10);
    expect(find(claims, 2_900)).toEqual([]);
    expect(find(claims, 3_010, "n2")).toMatchObject([
      {
        code: "ADDRESS_HAS_TWO_OWNERS",
        what: `n1 and n2 (${MAC}) both announce 192.0.2.200-201`,
        addresses: ["192.0.2.200-201"],
        fix: "Allow the heartbeat port between n1 and n2 in both directions",
      },
    ]);
    expect(find(claims, 3_010)[0]?.what).toBe(`n1 and the machine ${MAC} both announce 192.0.2.200-201`);
    claims.settle("192.0.2.201");
    expect(find(claims, 4_000)[0]?.what).toMatch(/announce 192\.0\.2\.200$/);
  });

  it("L3 what a member has given up, as its heartbeats say, is no Problem", () => {
    const claims = new ForeignClaims();
    claims.hear(...claim("192.0.2.200"), 0);
    expect(find(claims, 4_000, "n2", new Map([["192.0.2.200", {}]]))).toHaveLength(1);
    expect(find(claims, 5_000, "n2", new Map())).toEqual([]);
    expect(find(claims, 6_000, "n2", undefined)).toEqual([]);
  });

  it("L3 it lasts as long as the other machine repeats it", () => {
    const claims = new ForeignClaims();
    for (let at = 0; at <= 480_000; at += 120_000) claims.hear(...claim("192.0.2.200"), at);
    expect(find(claims, 600_000)).toHaveLength(1);
    expect(find(claims, 631_000)).toEqual([]);
  });

  it("L3 remembers a bounded number of addresses, and one machine of each", () => {
    const claims = new ForeignClaims();
    for (let index = 0; index < 5_000; index++) claims.hear(...claim(`10.0.${index >> 8}.${index & 255}`), 0);
    for (let other = 10; other < 99; other++) claims.hear(...claim("10.0.0.1", `02:00:00:00:00:${other}`), 1);
    expect(find(claims, 5_000)).toHaveLength(1);
    expect(find(claims, 5_000)[0]?.what.length).toBeLessThan(300);
  });
});
