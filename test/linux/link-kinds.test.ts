import { describe, expect, it } from "vitest";
import { linksOf } from "#src/linux/link.ts";
import { whyUnusable } from "#src/linux/why-unusable.ts";
import { decodeRtnetlink } from "#src/wire/rtnetlink.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
}

// RTM_NEWLINK payloads as Linux 6.18 sent them for a dump: `ip link add br0 type bridge`, a veth as its port, the veth of
// another network namespace, `ip tuntap add tap0 mode tap`, and loopback. Counters and most settings are left out.
const bridge = hex(`
  00 00 0100 02000000 43100100 00000000  0800 0300 62723000  0500 1000 06000000  0800 0400 dc050000  0500 2100 01000000
  0a00 0100 9e40b0d3dbf0 0000  0a00 0200 ffffffffffff 0000
  1c00 1200 0b00 0100 62726964676500 00  0c00 0200 0800 0100 dc050000`);
const bridgePort = hex(`
  00 00 0100 04000000 43100100 00000000  0900 0300 6574683800 000000  0500 1000 06000000  0800 0400 dc050000
  0800 0a00 02000000  0500 2100 01000000  0a00 0100 9e40b0d3dbf0 0000  0a00 0200 ffffffffffff 0000
  2800 1200 0900 0100 7665746800 000000  0b00 0400 62726964676500 00  1000 0500 0500 0100 03000000 0600 0200 2000`);
const containerVeth = hex(`
  00 00 0100 05000000 43100100 00000000  0d00 0300 766574683132616200 000000  0500 1000 06000000  0800 0400 dc050000
  0500 2100 01000000  0a00 0100 ead34cf27219 0000  0a00 0200 ffffffffffff 0000  1000 1200 0900 0100 7665746800 000000
  0800 2500 00000000  0800 0500 02000000`);
const tap = hex(`
  00 00 0100 06000000 03100000 00000000  0900 0300 7461703000 000000  0500 1000 02000000  0800 0400 dc050000
  0500 2100 00000000  0a00 0100 5e0b0101b0dd 0000  0a00 0200 ffffffffffff 0000
  1800 1200 0800 0100 74756e00  0c00 0200 0500 0300 02000000`);
const loopback = hex(`
  00 00 0304 01000000 49000100 00000000  0700 0300 6c6f00 00  0500 1000 00000000  0800 0400 00000100  0500 2100 01000000
  0a00 0100 000000000000 0000  0a00 0200 000000000000 0000`);

/** The flags that a link of most kinds has: up, broadcast, running, multicast, with carrier. */
const UP = 0x11043;
const [IFF_MASTER, IFF_SLAVE] = [0x400, 0x800];

/** struct rtattr: length, type, value, padding. */
function attribute(type: number, value: Uint8Array): readonly number[] {
  const length = 4 + value.length;
  return [length & 0xff, length >> 8, type, 0, ...value, ...new Uint8Array((4 - (length % 4)) % 4)];
}

interface Built {
  readonly name: string;
  readonly flags?: number;
  /** IFLA_INFO_KIND; hardware has none. */
  readonly kind?: string;
  /** IFLA_MASTER and IFLA_INFO_SLAVE_KIND. */
  readonly master?: { readonly index: number; readonly kind: string };
  /** IFLA_LINK: the device that it is on. */
  readonly on?: number;
}

/**
 * Kinds that the kernel of the recordings lacks, by linux/if_link.h and in the order that rtnl_fill_ifinfo() of
 * net/core/rtnetlink.c writes: built, not recorded.
 */
function built({ name, flags = UP, kind, master, on }: Built): Uint8Array {
  const text = (value: string): Uint8Array => Buffer.from(`${value}\0`);
  const number = (value: number): Uint8Array => Uint8Array.of(value, 0, 0, 0);
  const info = [
    ...(kind === undefined ? [] : attribute(1, text(kind))),
    ...(master === undefined ? [] : [...attribute(4, text(master.kind)), ...attribute(5, hex("0800 0100 0a000000"))]),
  ];
  const header = new Uint8Array(16);
  new DataView(header.buffer).setUint16(2, 1, true); // ARPHRD_ETHER
  new DataView(header.buffer).setInt32(4, 9, true);
  new DataView(header.buffer).setUint32(8, flags, true);
  return Uint8Array.from([
    ...header,
    ...attribute(3, text(name)),
    ...attribute(16, Uint8Array.of(6)),
    ...(on === undefined ? [] : attribute(5, number(on))),
    ...(master === undefined ? [] : attribute(10, number(master.index))),
    ...attribute(1, hex("020000000009")),
    ...(info.length === 0 ? [] : attribute(18, Uint8Array.from(info))),
  ]);
}

function linkFrom(payload: Uint8Array) {
  const message = decodeRtnetlink({ type: 16, flags: 2, sequence: 7, portId: 13861, payload });
  if (message === undefined) return expect.fail("not a link");
  return [...linksOf([message], new Map()).values()][0] ?? expect.fail("no link");
}

describe("a link as the kernel tells it", () => {
  it.each([
    { what: "a bridge", payload: bridge, kind: "bridge", why: undefined },
    { what: "a port of a bridge", payload: bridgePort, kind: "veth", why: "enslaved" },
    { what: "a container's veth", payload: containerVeth, kind: "veth", why: "excluded-name" },
    { what: "a tap device that nothing holds open", payload: tap, kind: "tun", why: "down" },
    { what: "loopback", payload: loopback, kind: undefined, why: "loopback" },
  ])("$what, recorded: $why", ({ payload, kind, why }) => {
    const link = linkFrom(payload);
    expect({ kind: link.kind, why: whyUnusable(link) }).toEqual({ kind, why });
  });

  const [bond, vrf] = [
    { index: 5, kind: "bond" },
    { index: 6, kind: "vrf" },
  ];
  it.each<{ link: Built; why: string | undefined }>([
    { link: { name: "eth0" }, why: undefined },
    { link: { name: "eth0.100", kind: "vlan", on: 2 }, why: undefined },
    { link: { name: "lan", kind: "macvlan", on: 2 }, why: undefined },
    { link: { name: "bond0", kind: "bond", flags: UP | IFF_MASTER }, why: undefined },
    { link: { name: "eth1", flags: UP | IFF_SLAVE, master: bond }, why: "enslaved" },
    { link: { name: "eth2", master: { index: 7, kind: "team" } }, why: "enslaved" },
    // <NOARP,MASTER,UP,LOWER_UP>, as vrf_dev_init() sets it, and with ARP switched on by hand.
    { link: { name: "blue", kind: "vrf", flags: 0x104c1 }, why: "vrf" },
    { link: { name: "blue", kind: "vrf", flags: UP | IFF_MASTER }, why: "vrf" },
    { link: { name: "eth3", master: vrf }, why: undefined },
    { link: { name: "eth0.200", kind: "vlan", on: 2, master: vrf }, why: undefined },
    { link: { name: "bond1", kind: "bond", flags: UP | IFF_MASTER, master: vrf }, why: undefined },
    { link: { name: "eth4", flags: UP & ~0x10000, master: vrf }, why: "down" },
    // <BROADCAST,NOARP,UP,LOWER_UP>
    { link: { name: "vips", kind: "dummy", flags: 0x100c3 }, why: "no-arp" },
    { link: { name: "dummy0", kind: "dummy", flags: 0x100c3 }, why: "excluded-name" },
    { link: { name: "eth5", kind: "veth" }, why: undefined },
  ])("built by linux/if_link.h: $link.name of kind $link.kind, a port of $link.master.kind: $why", ({ link, why }) => {
    const { name, kind, masterIndex, masterKind, ...rest } = linkFrom(built(link));
    expect({ name, kind, master: masterIndex }).toEqual({
      name: link.name,
      kind: link.kind,
      master: link.master?.index,
    });
    expect(masterKind).toBe(link.master?.kind);
    expect(whyUnusable({ name, kind, masterIndex, masterKind, ...rest })).toBe(why);
  });
});
