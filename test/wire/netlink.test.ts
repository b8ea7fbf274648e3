import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import {
  decodeAttributes,
  decodeNetlinkErrno,
  decodeNetlinkMessages,
  encodeNetlinkMessage,
  type NetlinkMessage,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "#src/wire/netlink.ts";
import { decodeRtnetlink, encodeAddressDumpRequest, encodeLinkDumpRequest } from "#src/wire/rtnetlink.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
}

// Captured from Linux 6.18; of the link the counters and settings are left out.
const bridgePort = hex(`
  00 00 0100 03000000 43100100 00000000
  0900 0300 65746838 00 000000
  0500 1000 06 000000
  0800 0a00 02000000
  0a00 0100 020000000008 0000
  6c01 1200
    0900 0100 76657468 00 000000
    0b00 0400 627269646765 00 00
    5001 0580 0500 0100 00 000000 ${"00".repeat(0x150 - 12)}`);
const vethAddress = hex(`
  02 18 80 00 04000000
  0800 0100 c0000207
  0800 0200 c0000207
  0900 0300 65746837 00 000000
  0800 0800 80000000
  1400 0600 ffffffff ffffffff 75500400 75500400`);
const tentativeAddress = hex(`
  0a 40 c0 fd 03000000
  1400 0100 fe80000000000000 0000 00fffe 000008
  1400 0600 ffffffff ffffffff 75500400 75500400
  0800 0800 c0000000
  0500 0b00 03 000000`);
const refusal = hex("24000000 0200 0000 09000000 25360000 a1ffffff 14000000 e703 0100 09000000 00000000");

function message(type: number, payload: Uint8Array): NetlinkMessage {
  return { type, flags: 2, sequence: 7, portId: 13861, payload };
}

const anyMessage = fc.record({
  type: fc.nat(0xffff),
  flags: fc.nat(0xffff),
  sequence: fc.nat(0xffff_ffff),
  portId: fc.nat(0xffff_ffff),
  payload: fc.uint8Array({ maxLength: 70 }),
});

describe("encodeNetlinkMessage() and decodeNetlinkMessages()", () => {
  it("agree for any messages in one datagram", () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 5 }), (messages) => {
        const datagram = Uint8Array.from(messages.flatMap((each) => [...encodeNetlinkMessage(each)]));
        expect(decodeNetlinkMessages(datagram)).toEqual(messages);
      }),
    );
  });

  it("never throw, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const each of decodeNetlinkMessages(bytes)) decodeRtnetlink(each);
        decodeAttributes(bytes);
        decodeNetlinkErrno(bytes);
      }),
    );
  });

  it("keep what stands before a break", () => {
    const first = encodeNetlinkMessage(message(NLMSG_DONE, hex("00000000")));
    const datagram = Uint8Array.from([...first, ...first.subarray(0, first.length - 1)]);
    expect(decodeNetlinkMessages(datagram)).toHaveLength(1);
  });

  it.each([
    { name: "a length of zero", bytes: "00000000 0300 0000 00000000 00000000" },
    { name: "a length under that of the header", bytes: "0f000000 0300 0000 00000000 00000000" },
    { name: "a length of 4 GB", bytes: "ffffffff 0300 0000 00000000 00000000" },
  ])("yield nothing for $name", ({ bytes }) => {
    expect(decodeNetlinkMessages(hex(bytes))).toEqual([]);
  });

  it("read a refusal as the kernel sent it", () => {
    const [error] = decodeNetlinkMessages(refusal);
    expect(error).toMatchObject({ type: NLMSG_ERROR, sequence: 9, portId: 13861 });
    expect(decodeNetlinkErrno(error?.payload ?? new Uint8Array(0))).toBe(95);
  });
});

describe("dump requests", () => {
  it.each([
    {
      name: "links",
      bytes: encodeLinkDumpRequest(7),
      expected: "28000000 1200 0103 07000000 00000000  00 00 0000 00000000 00000000 00000000  0800 1d00 08000000",
    },
    {
      name: "addresses",
      bytes: encodeAddressDumpRequest(8),
      expected: "18000000 1600 0103 08000000 00000000  00 00 00 00 00000000",
    },
  ])("ask for all $name", ({ bytes, expected }) => {
    expect(bytes).toEqual(hex(expected));
  });
});

describe("decodeRtnetlink()", () => {
  it("reads a port of a bridge", () => {
    expect(decodeRtnetlink(message(16, bridgePort))).toEqual({
      kind: "link",
      isDeleted: false,
      index: 3,
      flags: 0x11043,
      name: "eth8",
      address: hex("020000000008"),
      operationalState: 6,
      masterIndex: 2,
      masterKind: "bridge",
      linkKind: "veth",
    });
  });

  it("reads an IPv4 address", () => {
    expect(decodeRtnetlink(message(20, vethAddress))).toEqual({
      kind: "address",
      isDeleted: false,
      interfaceIndex: 4,
      ip: parseIp("192.0.2.7"),
      prefixLength: 24,
      scope: 0,
      flags: 0x80,
    });
  });

  it("reads a tentative link-local IPv6 address", () => {
    expect(decodeRtnetlink(message(20, tentativeAddress))).toMatchObject({
      ip: parseIp("fe80::ff:fe00:8"),
      prefixLength: 64,
      scope: 253,
      flags: 0xc0,
    });
  });

  it("takes our own address of a point-to-point link, not the peer's", () => {
    const bytes = hex("02 20 80 00 04000000 0800 0100 c0000209 0800 0200 c0000207");
    expect(decodeRtnetlink(message(20, bytes))).toMatchObject({ ip: parseIp("192.0.2.7") });
  });

  it.each([
    { type: 17, payload: bridgePort },
    { type: 21, payload: vethAddress },
  ])("tells a removal, type $type", ({ type, payload }) => {
    expect(decodeRtnetlink(message(type, payload))).toMatchObject({ isDeleted: true });
  });

  it.each([
    { name: "another type", type: 24, payload: vethAddress },
    { name: "a bridge's view of a link", type: 16, payload: Uint8Array.from([7, ...bridgePort.subarray(1)]) },
    { name: "a short link", type: 16, payload: bridgePort.subarray(0, 15) },
    { name: "a short address", type: 20, payload: vethAddress.subarray(0, 7) },
    { name: "an address message without address", type: 20, payload: vethAddress.subarray(0, 8) },
    { name: "an address of 3 bytes", type: 20, payload: hex("02 18 80 00 04000000 0700 0100 c00002 00") },
  ])("is undefined for $name", ({ type, payload }) => {
    expect(decodeRtnetlink(message(type, payload))).toBeUndefined();
  });

  it("never throws, however the message is cut or changed", () => {
    const payloads = fc.constantFrom(bridgePort, vethAddress, tentativeAddress);
    fc.assert(
      fc.property(payloads, fc.nat(400), fc.nat(400), fc.nat(255), (payload, end, at, value) => {
        const changed = Uint8Array.from(payload.subarray(0, end));
        if (at < changed.length) changed[at] = value;
        for (const type of [16, 17, 20, 21]) decodeRtnetlink(message(type, changed));
      }),
    );
  });
});
