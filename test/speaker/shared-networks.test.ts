import { describe, expect, it } from "vitest";
import { Responders } from "#speaker/responders.ts";
import { servedNetworks, sharedNetworkProblems, sharedNetworks } from "#speaker/shared-networks.ts";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { GroupMembership } from "#src/linux/group-membership.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import { NO_ROUTES, type Routes } from "#src/linux/routes.ts";
import { decodeArp } from "#src/wire/arp.ts";
import { ETHERNET_HEADER_BYTES } from "#src/wire/ethernet.ts";
import { fakeLink } from "#test/support/fake-link-watcher.ts";
import { fakePacketSockets } from "#test/support/fake-packet-socket.ts";

function ipOf(text: string): Ip {
  return parseIp(text) ?? expect.fail(text);
}

/** `eth0` has the index 2, `eth1` 3, and so on. */
function link(index: number, ...addresses: readonly string[]): Link {
  return fakeLink({
    index,
    addresses: addresses.map((text) => {
      const [ip = "", length = ""] = text.split("/");
      return { ip: ipOf(ip), prefixLength: Number(length), scope: "global" };
    }),
  });
}

function routes(byNetwork: Readonly<Record<string, number>>): Routes {
  return { gateways: [], interfaceOf: new Map(Object.entries(byNetwork)) };
}

const eth0 = link(2, "192.0.2.11/24", "2001:db8::11/64");
const eth1 = link(3, "192.0.2.12/24", "198.51.100.12/24");

describe("sharedNetworks()", () => {
  it.each([
    { name: "the one that the kernel routes by", routes: routes({ "192.0.2.0/24": 3 }), server: "eth1" },
    { name: "the first where the routes do not say", routes: NO_ROUTES, server: "eth0" },
    {
      name: "the first where the kernel routes by one that is not in use",
      routes: routes({ "192.0.2.0/24": 9 }),
      server: "eth0",
    },
  ])("L4 lets $name serve a network of two interfaces", ({ routes: known, server }) => {
    for (const order of [
      [eth0, eth1],
      [eth1, eth0],
    ]) {
      const shared = sharedNetworks(servedNetworks(order, known));
      expect(shared.map((one) => one.server.name)).toEqual([server]);
      expect(shared[0]?.others.map(({ name }) => name)).toEqual([server === "eth0" ? "eth1" : "eth0"]);
    }
  });

  it.each([
    {
      name: "an address that each interface of a pod has for itself",
      links: [link(2, "10.1.0.1/32"), link(3, "10.1.0.1/32")],
    },
    { name: "the same of IPv6", links: [link(2, "2001:db8::1/128"), link(3, "2001:db8::1/128")] },
    { name: "two networks", links: [eth0, link(3, "198.51.100.12/24")] },
    { name: "two addresses of one interface", links: [link(2, "192.0.2.11/24", "192.0.2.12/24")] },
    // On wires of their own these are right: the kernel routes each address by the smaller network that contains it, and
    // so it is announced there alone ("L4 announces an address in the smaller one ..." below).
    { name: "a network within another", links: [eth0, link(3, "192.0.2.200/28")] },
  ])("L4 finds nothing in $name", ({ links }) => expect(sharedNetworks(servedNetworks(links, NO_ROUTES))).toEqual([]));

  it("L4 finds a network within another that the kernel routes by the other, as with noprefixroute", () => {
    const links = [eth0, link(3, "192.0.2.200/28")];
    const shared = sharedNetworks(servedNetworks(links, routes({ "192.0.2.0/24": 2 })));
    expect(sharedNetworkProblems(shared)).toMatchObject([
      { at: { kind: "interface", name: "eth1" }, what: "Does not announce addresses of 192.0.2.192/28 on eth1" },
    ]);
  });

  it("L4 names both interfaces and the network, once for each that stays silent", () => {
    const all = sharedNetworks(servedNetworks([eth0, eth1, link(4, "192.0.2.13/24")], NO_ROUTES));
    expect(sharedNetworkProblems(all)).toMatchObject([
      {
        code: "INTERFACES_SHARE_NETWORK",
        at: { kind: "interface", name: "eth1" },
        what: "Does not announce addresses of 192.0.2.0/24 on eth1",
        why: "eth0 is in the same network, and the kernel routes by eth0",
      },
      { at: { kind: "interface", name: "eth2" } },
    ]);
  });
});

describe("Responders", () => {
  function responders(interfaces: readonly string[] = []) {
    const { open, sockets } = fakePacketSockets();
    const made = new Responders({
      interfaces,
      groups: new GroupMembership(),
      openPacketSocket: open,
      answersPing: false,
      mayAnswerPing: () => false,
      onEcho: () => undefined,
      onReply: () => undefined,
      onDrop: () => undefined,
      onForeignClaim: () => undefined,
      onOwnerHeard: () => undefined,
      onNodeHeard: () => undefined,
      onUnopened: () => undefined,
      onError: () => undefined,
      onWideFilter: () => undefined,
      onProblems: () => undefined,
    });
    /** Interfaces, by index, that an announcement of the address went out by. */
    const announcedOn = (text: string): number[] => {
      for (const socket of sockets) socket.sent.length = 0;
      made.setAnnounced(new Map([[text, { ip: ipOf(text) }]]));
      made.announce(ipOf(text));
      const isOfIt = (frame: Uint8Array): boolean => {
        const arp = decodeArp(frame.subarray(ETHERNET_HEADER_BYTES));
        return arp !== undefined && printIp(arp.senderIp) === text;
      };
      const open = sockets.filter(({ isClosed, sent }) => !isClosed && sent.some(isOfIt));
      return open.map(({ options }) => options.interfaceIndex);
    };
    return { made, announcedOn };
  }
  const links = new Map([eth0, eth1].map((one) => [one.index, one]));

  it.each([{ interfaces: [] }, { interfaces: ["eth0", "eth1"] }])(
    "L4 announces on one of two interfaces in a network, and on the other as soon as the kernel routes by that: %j",
    ({ interfaces }) => {
      const { made, announcedOn } = responders(interfaces);
      made.setRoutes(routes({ "192.0.2.0/24": 2 }));
      expect(made.setLinks(links)).toBe(true);
      expect(announcedOn("192.0.2.200")).toEqual([2]);
      expect(made.setRoutes(routes({ "192.0.2.0/24": 2, "10.0.0.0/8": 5 }))).toBe(false);
      expect(made.setRoutes(routes({ "192.0.2.0/24": 3 }))).toBe(true);
      expect(announcedOn("192.0.2.200")).toEqual([3]);
      expect(made.sharedNetworks().map(({ server }) => server.name)).toEqual(["eth1"]);
      made.setLinks(new Map([[2, eth0]]));
      expect(announcedOn("192.0.2.200")).toEqual([2]);
    },
  );

  const inner = link(3, "192.0.2.201/28", "2001:db8::1:12/112");
  const nested = new Map([eth0, inner].map((one) => [one.index, one]));
  const connected = { "192.0.2.0/24": 2, "192.0.2.192/28": 3, "2001:db8::/64": 2, "2001:db8::1:0/112": 3 };

  it.each([
    { name: "no routes", known: NO_ROUTES, interfaces: [] },
    { name: "their routes", known: routes(connected), interfaces: [] },
    { name: "named interfaces", known: routes(connected), interfaces: ["eth0", "eth1"] },
  ])(
    "L4 announces an address in the smaller one of two networks within each other there alone: $name",
    ({ known, interfaces }) => {
      const { made, announcedOn } = responders(interfaces);
      made.setRoutes(known);
      made.setLinks(nested);
      expect(announcedOn("192.0.2.200")).toEqual([3]);
      expect(announcedOn("192.0.2.50")).toEqual([2]);
      expect(made.sharedNetworks()).toEqual([]);
    },
  );

  it.each([
    { name: "the route to the smaller one is not there", known: { "192.0.2.0/24": 2 }, links: nested, by: [2] },
    {
      name: "a route leads to a part of a network that both are in",
      known: { "192.0.2.0/24": 2, "192.0.2.192/26": 3 },
      links,
      by: [3],
    },
    {
      name: "a route leads to a part of a network by the interface that serves it all",
      known: { "192.0.2.0/24": 2, "192.0.2.192/26": 2 },
      links,
      by: [2],
    },
  ])("L4 announces where the kernel routes if $name", ({ known, links: these, by }) => {
    for (const interfaces of [[], ["eth0", "eth1"]]) {
      const { made, announcedOn } = responders(interfaces);
      made.setLinks(these);
      made.setRoutes(routes(known));
      expect(announcedOn("192.0.2.200")).toEqual(by);
    }
  });

  it("L4 lets each of two named interfaces announce in its own network, and both elsewhere", () => {
    const { made, announcedOn } = responders(["eth0", "eth1"]);
    made.setLinks(
      new Map([
        [2, link(2, "192.0.2.11/24")],
        [3, link(3, "198.51.100.12/24")],
      ]),
    );
    expect(announcedOn("192.0.2.200")).toEqual([2]);
    expect(announcedOn("198.51.100.200")).toEqual([3]);
    expect(announcedOn("203.0.113.200")).toEqual([2, 3]);
  });

  it.each([{ interfaces: [] }, { interfaces: ["eth0", "blue"] }])(
    "announces on a port of a VRF, and not on the VRF, even where it is named: %j",
    ({ interfaces }) => {
      const { made, announcedOn } = responders(interfaces);
      const port = { ...link(2, "192.0.2.11/24"), masterIndex: 3, masterKind: "vrf" };
      const vrf = { ...link(3, "198.51.100.12/32"), name: "blue", kind: "vrf" };
      made.setLinks(new Map([port, vrf].map((one) => [one.index, one])));
      expect(announcedOn("192.0.2.200")).toEqual([2]);
      expect(made.links().map((one) => one.link.name)).toEqual(["eth0"]);
    },
  );

  describe("with patterns and networks", () => {
    const lan = link(2, "192.0.2.11/24");
    const vlan = { ...link(3, "198.51.100.12/24"), name: "eth0.100" };
    const port = { ...link(4), masterIndex: 5, masterKind: "bond" };
    const docker = { ...link(6, "172.17.0.1/16"), name: "docker0" };
    const these = new Map([lan, vlan, port, docker].map((one) => [one.index, one]));

    it.each([
      { interfaces: ["eth*"], used: ["eth0", "eth0.100"] },
      { interfaces: ["eth*", "!*.100"], used: ["eth0"] },
      { interfaces: ["!eth0"], used: ["eth0.100"] },
      { interfaces: ["198.51.0.0/16"], used: ["eth0.100"] },
      // By its own name also one that is left out else.
      { interfaces: ["*", "docker0"], used: ["eth0", "eth0.100", "docker0"] },
      { interfaces: ["docker*"], used: [] },
    ])("uses $used by $interfaces: no port, none of containers", ({ interfaces, used }) => {
      const { made } = responders(interfaces);
      made.setLinks(these);
      expect(made.links().map((one) => one.link.name)).toEqual(used);
    });

    it("L7 announces addresses of any network only on an interface that has its own name there", () => {
      const { made, announcedOn } = responders(["eth0", "eth*"]);
      made.setLinks(these);
      expect(announcedOn("198.51.100.200")).toEqual([3]);
      expect(announcedOn("203.0.113.200")).toEqual([2]);
      // What is not in use has no network of its own.
      const byName = responders(["eth0"]);
      byName.made.setLinks(these);
      expect(byName.announcedOn("198.51.100.200")).toEqual([2]);
      const byPattern = responders(["eth*"]);
      byPattern.made.setLinks(these);
      expect(byPattern.announcedOn("198.51.100.200")).toEqual([3]);
      expect(byPattern.announcedOn("203.0.113.200")).toEqual([]);
      const byNetwork = responders(["192.0.2.0/24"]);
      byNetwork.made.setLinks(these);
      expect(byNetwork.announcedOn("192.0.2.200")).toEqual([2]);
      expect(byNetwork.announcedOn("198.51.100.200")).toEqual([]);
    });

    it("follows an address that comes and goes", () => {
      const { made } = responders(["198.51.100.0/24"]);
      made.setLinks(new Map([[2, lan]]));
      expect(made.links()).toEqual([]);
      made.setLinks(new Map([[2, link(2, "192.0.2.11/24", "198.51.100.11/24")]]));
      expect(made.links().map((one) => one.link.name)).toEqual(["eth0"]);
      made.setLinks(new Map([[2, lan]]));
      expect(made.links()).toEqual([]);
    });
  });

  it("L4 leaves the other networks of the silent interface to it", () => {
    const { made, announcedOn } = responders();
    made.setRoutes(routes({ "192.0.2.0/24": 2 }));
    made.setLinks(links);
    expect(announcedOn("198.51.100.200")).toEqual([3]);
    expect(made.links().map(({ subnets }) => subnets.length)).toEqual([2, 1]);
  });
});
