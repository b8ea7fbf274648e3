import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Family, type Ip, ipFromBytes, parseIp } from "#src/ip/address.ts";
import { anyEchoFilter, echoFilter } from "#src/layer2/echo-filter.ts";
import { encodeEthernet } from "#src/wire/ethernet.ts";
import { encodeIcmp } from "#src/wire/icmp.ts";
import { encodeIcmpv6 } from "#src/wire/icmpv6.ts";
import { encodeIpv4 } from "#src/wire/ipv4.ts";
import { encodeIpv6 } from "#src/wire/ipv6.ts";
import { hex } from "#test/wire/hex.ts";
import { checkFilter, runFilter } from "./bpf-machine.ts";

const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(`${text} is an address`);
const HOST = { packetType: 0 };
const macs = { destination: hex("02005e100001"), source: hex("02420a000001") };

function ipv4Frame(destination: Ip, { type = 8, code = 0, protocol = 1, dataBytes = 8 } = {}): Uint8Array {
  const payload = encodeIpv4({
    typeOfService: 0,
    identification: 0,
    dontFragment: true,
    timeToLive: 64,
    protocol,
    source: ipOf("192.0.2.1"),
    destination,
    payload: encodeIcmp({ type, code, body: new Uint8Array(4 + dataBytes) }),
  });
  return encodeEthernet({ ...macs, etherType: 0x0800, payload });
}

function ipv6Frame(destination: Ip, { type = 128, code = 0, protocol = 58, dataBytes = 8 } = {}): Uint8Array {
  const ends = { source: ipOf("fe80::1"), destination };
  const message = encodeIcmpv6({ type, code, body: new Uint8Array(4 + dataBytes) }, ends);
  const payload = encodeIpv6({ ...ends, nextHeader: protocol, hopLimit: 64, payload: message });
  return encodeEthernet({ ...macs, etherType: 0x86dd, payload });
}

const families = [
  { family: "ipv4", frame: ipv4Frame, own: ipOf("192.0.2.200"), mostData: 1_472, reply: 0 },
  { family: "ipv6", frame: ipv6Frame, own: ipOf("2001:db8::c0:ffee"), mostData: 1_452, reply: 129 },
] as const;

function keeps(filter: Uint8Array, frame: Uint8Array, ancillary: { readonly packetType: number } = HOST): number {
  return runFilter(filter, frame, ancillary).keeps;
}

describe.each(families)("echoFilter() of $family", ({ family, frame, own, mostData, reply }) => {
  const filter = echoFilter(family, [own]);

  it("keeps an echo request to an address of the set, whole up to what an Ethernet frame holds", () => {
    checkFilter(filter);
    for (const dataBytes of [0, 8, mostData]) {
      const asks = frame(own, { dataBytes });
      expect(keeps(filter, asks)).toBe(asks.length);
    }
    expect(keeps(filter, frame(own, { dataBytes: mostData + 1 }))).toBe(1_514);
  });

  it("keeps only what came to this machine alone", () => {
    expect([0, 1, 2, 3, 4].filter((packetType) => keeps(filter, frame(own), { packetType }) > 0)).toEqual([0]);
  });

  it.each([
    ["another address", frame({ ...own, value: own.value + 1n })],
    ["a reply", frame(own, { type: reply })],
    ["another code", frame(own, { code: 1 })],
    ["TCP", frame(own, { protocol: 6 })],
  ])("drops %s", (_, other) => expect(keeps(filter, other)).toBe(0));

  it("drops all but ICMP in three steps: each packet of the interface goes through it", () => {
    expect(runFilter(filter, frame(own, { protocol: 6 }), HOST).steps).toBe(3);
  });

  it("drops everything for an empty set and one of the other family", () => {
    const foreign: Family = family === "ipv4" ? "ipv6" : "ipv4";
    for (const empty of [echoFilter(family, []), echoFilter(foreign, [own])]) expect(keeps(empty, frame(own))).toBe(0);
  });

  it("keeps a frame exactly if its destination is in the set; the short one keeps all echo requests", () => {
    const length = family === "ipv4" ? 4 : 16;
    const anyIp = fc.uint8Array({ minLength: length, maxLength: length }).map(ipFromBytes);
    fc.assert(
      fc.property(fc.array(anyIp, { minLength: 1, maxLength: 80, size: "max" }), anyIp, (set, stranger) => {
        const program = echoFilter(family, set);
        checkFilter(program);
        for (const ip of [...set.slice(0, 20), stranger]) {
          const isMember = set.some(({ value }) => value === ip.value);
          expect(keeps(program, frame(ip)) > 0).toBe(isMember);
          expect(keeps(anyEchoFilter(family), frame(ip))).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe("echoFilter() of ipv4", () => {
  const own = ipOf("192.0.2.200");

  it.each([
    { name: "a packet that may be fragmented", at: 20, bytes: "0000", isKept: true },
    { name: "one that may not", at: 20, bytes: "4000", isKept: true },
    { name: "a first piece", at: 20, bytes: "2000", isKept: false },
    { name: "a last piece", at: 20, bytes: "0001", isKept: false },
    { name: "the reserved flag", at: 20, bytes: "8000", isKept: false },
    { name: "options", at: 14, bytes: "46", isKept: false },
  ])("$name: kept is $isKept", ({ at, bytes, isKept }) => {
    const frame = ipv4Frame(own);
    frame.set(hex(bytes), at);
    expect(keeps(echoFilter("ipv4", [own]), frame) > 0).toBe(isKept);
  });
});
