import { AddressesInUse } from "#controller/addresses-in-use.ts";
import { parseIp } from "#src/ip/address.ts";
import { describe, expect, it } from "vitest";

function ips(...texts: readonly string[]) {
  return texts.flatMap((text) => parseIp(text) ?? []);
}

describe("AddressesInUse", () => {
  it("knows what was in use and is not, until it rested or is in use again", () => {
    const [a, b, c] = ["192.0.2.1", "192.0.2.2", "2001:db8::3"];
    const inUse = new AddressesInUse();
    const resting = (nowMs: number) =>
      [...inUse.resting(nowMs)].map(([ip, { sinceMs, service }]) => [ip, sinceMs, service]);
    inUse.set("x/a", ips(a));
    inUse.set("x/b", ips(b));
    inUse.set("x/c", ips(c));
    expect(resting(0)).toEqual([]);
    inUse.set("x/b", []);
    inUse.set("x/c", []);
    expect([a, b].map((ip) => inUse.has(ip))).toEqual([true, false]);
    expect(resting(1_000)).toEqual([
      [b, 1_000, "x/b"],
      [c, 1_000, "x/c"],
    ]);
    inUse.set("y/d", ips(b));
    expect(resting(2_000)).toEqual([[c, 1_000, "x/c"]]);
    inUse.set("y/d", []);
    expect(resting(120_999)).toEqual([
      [c, 1_000, "x/c"],
      [b, 120_999, "y/d"],
    ]);
    expect(resting(121_000)).toEqual([[b, 120_999, "y/d"]]);
  });

  it("lets an address rest no longer that is given up", () => {
    const inUse = new AddressesInUse();
    inUse.set("x/a", ips("192.0.2.1", "192.0.2.2"));
    inUse.set("x/a", []);
    const before = inUse.resting(1);
    inUse.giveUp(ips("192.0.2.1"));
    expect([before.size, [...inUse.resting(1).keys()]]).toEqual([2, ["192.0.2.2"]]);
  });

  it("lets an address rest only when the last of those that share it went", () => {
    const inUse = new AddressesInUse();
    inUse.set("x/a", ips("192.0.2.1"));
    inUse.set("x/b", ips("192.0.2.1"));
    inUse.set("x/a", []);
    expect([inUse.has("192.0.2.1"), inUse.resting(1).size]).toEqual([true, 0]);
    inUse.set("x/b", []);
    expect([inUse.has("192.0.2.1"), inUse.resting(2).size]).toEqual([false, 1]);
  });

  it("says nothing of an address that changes hands within one look, and gives the same map while nothing differs", () => {
    const inUse = new AddressesInUse();
    inUse.set("x/a", ips("192.0.2.1"));
    inUse.set("x/a", []);
    inUse.set("x/b", ips("192.0.2.1"));
    const first = inUse.resting(1);
    expect(first.size).toBe(0);
    inUse.set("x/c", ips("192.0.2.2"));
    expect(inUse.resting(2)).toBe(first);
  });

  it("remembers 65,536 at most, the last ones freed", () => {
    const inUse = new AddressesInUse();
    const many = Array.from({ length: 65_536 }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    inUse.set("x/a", ips("192.0.2.1"));
    inUse.set("x/b", ips(...many));
    inUse.set("x/a", []);
    inUse.resting(1);
    inUse.set("x/b", []);
    const rest = inUse.resting(2);
    expect([rest.size, rest.has("192.0.2.1")]).toEqual([65_536, false]);
  });

  it("lets no namespace push out what others freed before", () => {
    const inUse = new AddressesInUse();
    const many = Array.from({ length: 65_536 }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    inUse.set("quiet/a", ips("192.0.2.1"));
    inUse.set("quiet/a", []);
    inUse.resting(1);
    inUse.set("loud/b", ips(...many));
    inUse.set("loud/b", []);
    const rest = inUse.resting(2);
    expect([rest.size, rest.get("192.0.2.1")?.service, rest.has("10.0.0.0")]).toEqual([65_536, "quiet/a", false]);
  });
});
