import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ip, ipFromBytes, parseIp } from "#src/ip/address.ts";
import {
  anyArpClaimFilter,
  anyNdpClaimFilter,
  arpClaimFilter,
  arpFilter,
  ndpClaimFilter,
  ndpFilter,
} from "#src/layer2/filter.ts";
import { encodeArp } from "#src/wire/arp.ts";
import { encodeEthernet, ETHER_TYPE_ARP, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { encodeIcmpv6 } from "#src/wire/icmpv6.ts";
import { encodeIpv6 } from "#src/wire/ipv6.ts";
import { BROADCAST_MAC, ZERO_MAC } from "#src/wire/mac.ts";
import { encodeNeighborSolicitation } from "#src/wire/ndp.ts";
import { multicastMac, solicitedNodeGroup } from "#src/wire/solicited-node.ts";
import { checkFilter, runFilter } from "./bpf-machine.ts";
import { hex } from "#test/wire/hex.ts";

const clientMac = hex("02 42 0a 00 00 01");
const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(`${text} is an address`);

function arpFrame(targetIp: Ip, operation: "request" | "reply" = "request"): Uint8Array {
  const sender = { senderMac: clientMac, senderIp: ipOf("192.0.2.1") };
  const payload = encodeArp({ operation, ...sender, targetMac: ZERO_MAC, targetIp });
  return encodeEthernet({ destination: BROADCAST_MAC, source: clientMac, etherType: ETHER_TYPE_ARP, payload });
}

function ndpFrame(target: Ip, { type = 135, nextHeader = 58 } = {}): Uint8Array {
  const ends = { source: ipOf("fe80::1"), destination: solicitedNodeGroup(target) };
  const body = encodeNeighborSolicitation({ target, options: [{ kind: "source-link-layer", mac: clientMac }] });
  const message = encodeIcmpv6({ type, code: 0, body }, ends);
  const payload = encodeIpv6({ ...ends, nextHeader, hopLimit: 255, payload: message });
  const destination = multicastMac(ends.destination);
  return encodeEthernet({ destination, source: clientMac, etherType: ETHER_TYPE_IPV6, payload });
}

const protocols = [
  { name: "arpFilter()", filter: arpFilter, frame: arpFrame, own: "192.0.2.200", foreign: "2001:db8::c0:ffee" },
  { name: "ndpFilter()", filter: ndpFilter, frame: ndpFrame, own: "2001:db8::c0:ffee", foreign: "192.0.2.200" },
];

/** Words near each other and near the ends of their range, so that shared beginnings and unsigned compares matter. */
const anyWord = fc.oneof(fc.nat(3), fc.integer({ min: 0x7fff_fffe, max: 0x8000_0001 }), fc.nat(0xffff_ffff));
const ipOfWords = (words: readonly number[]): Ip =>
  ipFromBytes(Uint8Array.from(words.flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word])));
const anyIpv4 = fc.array(anyWord, { minLength: 1, maxLength: 1 }).map(ipOfWords);
const anyIpv6 = fc.array(anyWord, { minLength: 4, maxLength: 4 }).map(ipOfWords);

function following(first: string, count: number): Ip[] {
  const { family, value } = ipOf(first);
  return Array.from({ length: count }, (_, index) => ({ family, value: value + BigInt(index) }));
}

/** Spread over the whole family without chance: multiples of the golden ratio. */
function scattered(family: "ipv4" | "ipv6", count: number): Ip[] {
  const [bits, step] = family === "ipv4" ? [32, 0x9e37_79b9n] : [128, 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835n];
  return Array.from({ length: count }, (_, n) => ({ family, value: BigInt.asUintN(bits, step * BigInt(n + 1)) }));
}

describe.each(protocols)("$name", ({ filter, frame, own, foreign }) => {
  it("keeps what asks for an address of the set, whole", () => {
    const asks = frame(ipOf(own));
    expect(runFilter(filter([ipOf(own)]), asks).keeps).toBe(asks.length);
  });

  it("drops what asks for another address", () => {
    const next = { ...ipOf(own), value: ipOf(own).value + 1n };
    expect(runFilter(filter([ipOf(own)]), frame(next)).keeps).toBe(0);
  });

  it("drops everything for an empty set, and for one of the other family", () => {
    for (const set of [[], [ipOf(foreign)]]) {
      expect(checkFilter(filter(set))).toBe(1);
      expect(runFilter(filter(set), frame(ipOf(own))).keeps).toBe(0);
    }
  });

  it("keeps what is for this host, and drops what is for others or comes from a VLAN, which the kernel marks so", () => {
    const kept = [0, 1, 2, 3, 4].filter(
      (packetType) => runFilter(filter([ipOf(own)]), frame(ipOf(own)), { packetType }).keeps > 0,
    );
    expect(kept).toEqual([0, 1, 2]);
  });

  it("drops every shortened frame that ends before the target does", () => {
    const asks = frame(ipOf(own));
    const targetEnd = own.includes(":") ? 78 : 42;
    for (let length = 0; length < targetEnd; length++) {
      expect(runFilter(filter([ipOf(own)]), asks.subarray(0, length)).keeps).toBe(0);
    }
    expect(runFilter(filter([ipOf(own)]), asks.subarray(0, targetEnd)).keeps).toBe(targetEnd);
  });

  it("drops the other protocol", () => {
    const asks = frame(ipOf(own));
    asks.set([0x08, 0x00], 12);
    expect(runFilter(filter([ipOf(own)]), asks).keeps).toBe(0);
  });

  it("keeps a frame exactly if its target is in the set", () => {
    const anyIp = own.includes(":") ? anyIpv6 : anyIpv4;
    fc.assert(
      fc.property(fc.array(anyIp, { minLength: 1, maxLength: 150, size: "max" }), anyIp, (set, stranger) => {
        const program = filter(set);
        checkFilter(program);
        for (const target of [...set.slice(0, 40), stranger]) {
          const isMember = set.some((ip) => ip.value === target.value);
          expect(runFilter(program, frame(target)).keeps > 0).toBe(isMember);
        }
      }),
    );
  });

  it.each([1, 7, 8, 9, 64, 255, 256, 1_000, 1_500, 2_000, 2_800])(
    "finds each of %i neighbours in few steps",
    (count) => {
      const set = following(own, count);
      const program = filter(set);
      checkFilter(program);
      const most = 30 + 2 * Math.ceil(Math.log2(count));
      for (const ip of set) {
        const { keeps, steps } = runFilter(program, frame(ip));
        expect(keeps).toBeGreaterThan(0);
        expect(steps).toBeLessThanOrEqual(most);
      }
      for (const outside of [
        { ...set[0]!, value: set[0]!.value - 1n },
        { ...set[0]!, value: set[0]!.value + BigInt(count) },
      ]) {
        expect(runFilter(program, frame(outside)).keeps).toBe(0);
      }
    },
  );

  it("keeps every request where the set is too large for the kernel", () => {
    for (const count of [4_000, 10_000]) {
      const program = filter(following(own, count));
      expect(checkFilter(program)).toBeLessThan(20);
      const stranger = { ...ipOf(own), value: ipOf(own).value - 1n };
      expect(runFilter(program, frame(stranger)).keeps).toBeGreaterThan(0);
    }
  });
});

describe("arpFilter()", () => {
  it("drops replies", () => {
    expect(runFilter(arpFilter([ipOf("192.0.2.200")]), arpFrame(ipOf("192.0.2.200"), "reply")).keeps).toBe(0);
  });

  it("does not copy the padding", () => {
    const padded = new Uint8Array(60);
    padded.set(arpFrame(ipOf("192.0.2.200")));
    expect(runFilter(arpFilter([ipOf("192.0.2.200")]), padded).keeps).toBe(42);
  });

  it("filters by address up to 2,900 scattered addresses", () => {
    const program = arpFilter(scattered("ipv4", 2_900));
    expect(checkFilter(program)).toBeGreaterThan(2_900);
    expect(runFilter(program, arpFrame(ipOf("192.0.2.200"))).keeps).toBe(0);
  });
});

describe("ndpFilter()", () => {
  const target = ipOf("2001:db8::c0:ffee");

  it.each([
    { name: "advertisements", options: { type: 136 } },
    { name: "echo requests", options: { type: 128 } },
    { name: "UDP", options: { nextHeader: 17 } },
  ])("drops $name", ({ options }) => {
    expect(runFilter(ndpFilter([target]), ndpFrame(target, options)).keeps).toBe(0);
  });

  it("filters by address up to 350 addresses that have nothing in common", () => {
    const set = scattered("ipv6", 350);
    const program = ndpFilter(set);
    expect(checkFilter(program)).toBeGreaterThan(350);
    expect(runFilter(program, ndpFrame(target)).keeps).toBe(0);
    for (const ip of set) expect(runFilter(program, ndpFrame(ip)).keeps).toBeGreaterThan(0);
  });

  it("tells addresses apart that differ in one bit, wherever it is", () => {
    const program = ndpFilter([target]);
    for (let bit = 0n; bit < 128n; bit++) {
      const other = { ...target, value: target.value ^ (1n << bit) };
      expect(runFilter(program, ndpFrame(other)).keeps).toBe(0);
      expect(runFilter(ndpFilter([target, other]), ndpFrame(other)).keeps).toBeGreaterThan(0);
    }
  });
});

describe("arpClaimFilter() and ndpClaimFilter()", () => {
  const claims = [
    {
      name: "an ARP request for another address",
      ip: "192.0.2.200",
      filter: arpClaimFilter,
      any: anyArpClaimFilter,
      frame: (ip: Ip) => claim(ip, "request"),
    },
    {
      name: "an ARP reply",
      ip: "192.0.2.200",
      filter: arpClaimFilter,
      any: anyArpClaimFilter,
      frame: (ip: Ip) => claim(ip, "reply"),
    },
    {
      name: "a neighbor advertisement",
      ip: "2001:db8::c0:ffee",
      filter: ndpClaimFilter,
      any: anyNdpClaimFilter,
      frame: (ip: Ip) => ndpFrame(ip, { type: 136 }),
    },
  ];

  function claim(senderIp: Ip, operation: "request" | "reply"): Uint8Array {
    const payload = encodeArp({
      operation,
      senderMac: clientMac,
      senderIp,
      targetMac: ZERO_MAC,
      targetIp: ipOf("192.0.2.1"),
    });
    return encodeEthernet({ destination: BROADCAST_MAC, source: clientMac, etherType: ETHER_TYPE_ARP, payload });
  }

  it.each(claims)(
    "G keep $name of a machine that has an address of the set, and of no other",
    ({ ip, filter, any, frame }) => {
      const set = following(ip, 300);
      const program = filter(set);
      checkFilter(program);
      for (const one of set) expect(runFilter(program, frame(one)).keeps).toBeGreaterThan(0);
      const stranger = frame({ ...ipOf(ip), value: ipOf(ip).value - 1n });
      expect(runFilter(program, stranger).keeps).toBe(0);
      expect(runFilter(filter([]), frame(ipOf(ip))).keeps).toBe(0);
      expect(runFilter(any(), stranger).keeps).toBeGreaterThan(0);
      expect(runFilter(any(), stranger, { packetType: 3 }).keeps).toBe(0);
    },
  );

  it("G drop what asks for an address of the set: another socket answers that", () => {
    const [ipv4, ipv6] = [ipOf("192.0.2.200"), ipOf("2001:db8::c0:ffee")];
    expect(runFilter(arpClaimFilter([ipv4]), arpFrame(ipv4)).keeps).toBe(0);
    expect(runFilter(ndpClaimFilter([ipv6]), ndpFrame(ipv6)).keeps).toBe(0);
  });
});
