import { describe, expect, it } from "vitest";
import { type LocalAddressView, localAddressProblems } from "#speaker/local-address-problems.ts";
import type { WantedAddress } from "#src/election/member.ts";
import { parseIp } from "#src/ip/address.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import { fakeLink } from "#test/support/fake-link-watcher.ts";

function ipOf(text: string) {
  return parseIp(text) ?? expect.fail(text);
}

function linkWith(addresses: readonly string[], changes: Partial<Link> = {}): Link {
  return fakeLink({
    addresses: addresses.map((text) => ({ ip: ipOf(text), prefixLength: 32, scope: "global" })),
    ...changes,
  });
}

function wanted(...texts: readonly string[]): ReadonlyMap<string, WantedAddress> {
  const none = { forbidden: undefined, selected: undefined, serving: undefined, terminating: new Set<string>() };
  return new Map(texts.map((text) => [text, { ip: ipOf(text), ...none }]));
}

const ipvs = { name: "kube-ipvs0", kind: "dummy", up: false };
const lo = { name: "lo", loopback: true };

function find(link: Link, changes: Partial<LocalAddressView> = {}) {
  return localAddressProblems({
    links: [link],
    wanted: wanted("192.0.2.200", "192.0.2.201", "2001:db8::200"),
    serving: ["eth0"],
    arpSysctls: () => ({ ignore: 0, announce: 0 }),
    ...changes,
  });
}

describe("localAddressProblems()", () => {
  it.each([
    { name: "kube-ipvs0", link: ipvs, fix: /strictARP: true/ },
    { name: "lo", link: lo, fix: /ip address delete ADDRESS dev lo/ },
    { name: "a dummy", link: { name: "vips", kind: "dummy" }, fix: /dev vips.*arp_ignore=1.*arp_announce=2/ },
    { name: "eth0", link: { name: "eth0" }, fix: /dev eth0/ },
    { name: "a link that is down", link: { name: "eth5", up: false }, fix: /dev eth5/ },
    { name: "a bridge", link: { name: "br0", kind: "bridge" }, fix: /dev br0/ },
  ])("L14 an address to announce on $name is a Problem with the fix", ({ link, fix }) => {
    expect(find(linkWith(["10.0.0.1", "192.0.2.201", "192.0.2.200"], link))).toMatchObject([
      {
        code: "ADDRESS_ON_LOCAL_INTERFACE",
        at: { kind: "interface", name: link.name },
        what: `${link.name} has 2 of the addresses to announce: 192.0.2.200-201`,
        addresses: ["192.0.2.200-201"],
        fix: expect.stringMatching(fix),
        severity: "error",
      },
    ]);
  });

  it.each([
    { ignore: 1, announce: 2, isWell: true },
    { ignore: 2, announce: 2, isWell: true },
    { ignore: 8, announce: 2, isWell: true },
    { ignore: 0, announce: 2, isWell: false },
    { ignore: 3, announce: 2, isWell: false },
    { ignore: 1, announce: 0, isWell: false },
    { ignore: 1, announce: 1, isWell: false },
  ])(
    "L14 on kube-ipvs0 with arp_ignore=$ignore and arp_announce=$announce all is well: $isWell",
    ({ isWell, ...sysctls }) => {
      const found = find(linkWith(["192.0.2.200"], ipvs), { arpSysctls: () => sysctls });
      expect(found).toHaveLength(isWell ? 0 : 1);
    },
  );

  it("L14 names the interface whose kernel setting is loose", () => {
    const view = {
      serving: ["eth0", "eth1"],
      arpSysctls: (name: string) => (name === "eth0" ? { ignore: 1, announce: 2 } : { ignore: 0, announce: 2 }),
    };
    expect(find(linkWith(["192.0.2.200"], lo), view)[0]?.why).toMatch(/arp_ignore=0 and arp_announce=2 on eth1/);
  });

  it("L14 over IPv6 the kernel answers only on the interface that has the address", () => {
    expect(find(linkWith(["2001:db8::200"], ipvs))).toEqual([]);
    expect(find(linkWith(["2001:db8::200"], { name: "eth0" }))).toHaveLength(1);
  });

  it("L14 finds nothing in addresses that are not to be announced, or that a Node has", () => {
    expect(find(linkWith(["10.0.0.1", "192.0.2.7"], lo))).toEqual([]);
    const [entry] = wanted("192.0.2.11");
    const ofNode = new Map(entry === undefined ? [] : [[entry[0], { ...entry[1], forbidden: "NodeAddress" as const }]]);
    expect(find(linkWith(["192.0.2.11"], { name: "eth0" }), { wanted: ofNode })).toEqual([]);
  });

  it("L14 names the first of thousands", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `10.${index >> 8}.${index & 255}.1`);
    const [problem] = find(linkWith(many, ipvs), { wanted: wanted(...many) });
    expect(problem?.what).toMatch(/^kube-ipvs0 has 2000 of the addresses to announce: 10\.0\.0\.1, .* and more$/);
    expect(problem?.what.length).toBeLessThan(200);
    expect(problem?.addresses).toHaveLength(32);
  });
});
