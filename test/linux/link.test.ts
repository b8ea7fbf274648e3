import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import { linksOf } from "#src/linux/link.ts";
import type { AddressMessage, LinkMessage } from "#src/wire/rtnetlink.ts";

function link(index: number, change: Partial<LinkMessage> = {}): LinkMessage {
  return {
    kind: "link",
    isDeleted: false,
    index,
    flags: 0x11043,
    name: `eth${index}`,
    address: Uint8Array.of(2, 0, 0, 0, 0, index),
    operationalState: 6,
    masterIndex: undefined,
    masterKind: undefined,
    linkKind: undefined,
    ...change,
  };
}

function address(interfaceIndex: number, text: string, change: Partial<AddressMessage> = {}): AddressMessage {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`no address: ${text}`);
  return { kind: "address", isDeleted: false, interfaceIndex, ip, prefixLength: 24, scope: 0, flags: 0x80, ...change };
}

const none = new Map();

describe("linksOf()", () => {
  it("gives each link its addresses, in order", () => {
    const links = linksOf(
      [link(2), link(3), address(3, "192.0.2.9"), address(3, "192.0.2.1"), address(9, "::1")],
      none,
    );
    expect([...links.keys()]).toEqual([2, 3]);
    expect(links.get(2)?.addresses).toEqual([]);
    expect(links.get(3)?.addresses).toEqual([
      { ip: parseIp("192.0.2.1"), prefixLength: 24, scope: "global" },
      { ip: parseIp("192.0.2.9"), prefixLength: 24, scope: "global" },
    ]);
  });

  it.each([
    { name: "up with carrier", flags: 0x10001, up: true },
    { name: "up without carrier", flags: 0x1, up: false },
    { name: "down", flags: 0x10000, up: false },
  ])("reads flags: $name", ({ flags, up }) => {
    expect(linksOf([link(2, { flags })], none).get(2)?.up).toBe(up);
  });

  it.each([
    { name: "usable", flags: 0x80, count: 1 },
    { name: "tentative", flags: 0xc0, count: 0 },
    { name: "optimistic", flags: 0xc4, count: 1 },
    { name: "found to be a duplicate", flags: 0x88, count: 0 },
  ])("counts an address that is $name as $count", ({ flags, count }) => {
    const links = linksOf([link(2), address(2, "2001:db8::1", { flags })], none);
    expect(links.get(2)?.addresses).toHaveLength(count);
  });

  it.each([
    [0, "global"],
    [253, "link"],
    [254, "host"],
    [200, "other"],
  ])("names scope %i %s", (scope, expected) => {
    const links = linksOf([link(2), address(2, "192.0.2.1", { scope })], none);
    expect(links.get(2)?.addresses[0]?.scope).toBe(expected);
  });

  it("has no MAC for a link-layer address that is not Ethernet's", () => {
    expect(linksOf([link(2, { address: Uint8Array.of(192, 0, 2, 1) })], none).get(2)?.mac).toEqual(new Uint8Array(0));
  });

  it("is the map before if nothing changed, whatever the order", () => {
    const before = linksOf([link(2), link(3), address(2, "192.0.2.1"), address(2, "192.0.2.2")], none);
    expect(linksOf([link(3), link(2), address(2, "192.0.2.2"), address(2, "192.0.2.1")], before)).toBe(before);
  });

  it("keeps the objects of links that did not change", () => {
    const before = linksOf([link(2), link(3)], none);
    const after = linksOf([link(2), link(3), address(3, "192.0.2.1")], before);
    expect(after.get(2)).toBe(before.get(2));
    expect(after.get(3)).not.toBe(before.get(3));
  });

  it("is another map when a link went", () => {
    const before = linksOf([link(2), link(3)], none);
    expect([...linksOf([link(2)], before).keys()]).toEqual([2]);
  });
});
