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
    const resting = (nowMs: number) => [...inUse.resting(nowMs)];
    inUse.add(ips(a, b, c));
    expect(resting(0)).toEqual([]);
    inUse.remove(ips(b, c));
    expect([a, b].map((ip) => inUse.has(ip))).toEqual([true, false]);
    expect(resting(1_000)).toEqual([
      [b, 1_000],
      [c, 1_000],
    ]);
    inUse.add(ips(b));
    expect(resting(2_000)).toEqual([[c, 1_000]]);
    inUse.remove(ips(b));
    expect(resting(120_999)).toEqual([
      [c, 1_000],
      [b, 120_999],
    ]);
    expect(resting(121_000)).toEqual([[b, 120_999]]);
  });

  it("lets an address rest only when the last of those that share it went", () => {
    const inUse = new AddressesInUse();
    inUse.add(ips("192.0.2.1"));
    inUse.add(ips("192.0.2.1"));
    inUse.remove(ips("192.0.2.1"));
    expect([inUse.has("192.0.2.1"), inUse.resting(1).size]).toEqual([true, 0]);
    inUse.remove(ips("192.0.2.1"));
    expect([inUse.has("192.0.2.1"), inUse.resting(2).size]).toEqual([false, 1]);
  });

  it("says nothing of an address that changes hands within one look, and gives the same map while nothing differs", () => {
    const inUse = new AddressesInUse();
    inUse.add(ips("192.0.2.1"));
    inUse.remove(ips("192.0.2.1"));
    inUse.add(ips("192.0.2.1"));
    const first = inUse.resting(1);
    expect(first.size).toBe(0);
    inUse.add(ips("192.0.2.2"));
    expect(inUse.resting(2)).toBe(first);
  });

  it("remembers 65,536 at most, the last ones freed", () => {
    const inUse = new AddressesInUse();
    const many = Array.from({ length: 65_536 }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    inUse.add(ips("192.0.2.1", ...many));
    inUse.remove(ips("192.0.2.1"));
    inUse.resting(1);
    inUse.remove(ips(...many));
    const rest = inUse.resting(2);
    expect([rest.size, rest.has("192.0.2.1")]).toEqual([65_536, false]);
  });
});
