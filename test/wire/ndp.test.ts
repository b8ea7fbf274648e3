import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipFromBytes, parseIp } from "#src/ip/address.ts";
import {
  decodeNeighborAdvertisement,
  decodeNeighborSolicitation,
  encodeNeighborAdvertisement,
  encodeNeighborSolicitation,
  linkLayerAddress,
} from "#src/wire/ndp.ts";
import type { NdpOption } from "#src/wire/ndp-option.ts";
import { hex } from "./hex.ts";

const target = parseIp("2001:db8::c0:ffee") ?? expect.fail("an address");
const clientMac = hex("02 42 0a 00 00 01");
const nodeMac = hex("02 00 5e 10 00 01");

const solicitations = [
  {
    name: "without options",
    message: { target, options: [] },
    bytes: "00000000 20010db8000000000000000000c0ffee",
  },
  {
    name: "with the source link-layer address",
    message: { target, options: [{ kind: "source-link-layer", mac: clientMac }] },
    bytes: "00000000 20010db8000000000000000000c0ffee 01 01 02420a000001",
  },
  {
    name: "with a nonce (RFC 3971 section 5.3.2) before it",
    message: {
      target,
      options: [
        { kind: "other", type: 14, data: hex("010203040506") },
        { kind: "source-link-layer", mac: clientMac },
      ],
    },
    bytes: "00000000 20010db8000000000000000000c0ffee 0e 01 010203040506 01 01 02420a000001",
  },
  {
    name: "with a link-layer address of 14 bytes",
    message: { target, options: [{ kind: "other", type: 1, data: hex("0102030405060708090a0b0c0d0e") }] },
    bytes: "00000000 20010db8000000000000000000c0ffee 01 02 0102030405060708090a0b0c0d0e",
  },
] satisfies { name: string; message: { target: typeof target; options: NdpOption[] }; bytes: string }[];

const tlla: NdpOption = { kind: "target-link-layer", mac: nodeMac };
const advertisements = [
  { name: "R", flags: "80", router: true, solicited: false, override: false },
  { name: "S", flags: "40", router: false, solicited: true, override: false },
  { name: "O", flags: "20", router: false, solicited: false, override: true },
  { name: "S and O", flags: "60", router: false, solicited: true, override: true },
].map(({ name, flags, ...bits }) => ({
  name,
  message: { target, ...bits, options: [tlla] },
  bytes: `${flags} 000000 20010db8000000000000000000c0ffee 02 01 02005e100001`,
}));

const malformed = [
  { name: "no bytes", bytes: "" },
  { name: "19 bytes", bytes: "00000000 20010db8000000000000000000c0ff" },
  { name: "an option of length 0", bytes: "00000000 20010db8000000000000000000c0ffee 01 00 02420a000001" },
  { name: "an option beyond the end", bytes: "00000000 20010db8000000000000000000c0ffee 01 02 02420a000001" },
  { name: "half an option", bytes: "00000000 20010db8000000000000000000c0ffee 01 01 0242" },
  { name: "one byte of an option", bytes: "00000000 20010db8000000000000000000c0ffee 01" },
];

const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 });
const anyOption: fc.Arbitrary<NdpOption> = fc.oneof(
  fc.record({ kind: fc.constantFrom("source-link-layer" as const, "target-link-layer" as const), mac: anyMac }),
  fc.record({
    kind: fc.constant("other" as const),
    type: fc.integer({ min: 3, max: 255 }),
    data: fc.nat(4).chain((units) => fc.uint8Array({ minLength: units * 8 + 6, maxLength: units * 8 + 6 })),
  }),
);
const anyTarget = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipFromBytes);
const anyOptions = fc.array(anyOption, { maxLength: 5 });

describe("neighbor solicitation", () => {
  it.each(solicitations)("is written $name", ({ message, bytes }) => {
    expect(encodeNeighborSolicitation(message)).toEqual(hex(bytes));
  });

  it.each(solicitations)("is read $name", ({ message, bytes }) => {
    expect(decodeNeighborSolicitation(hex(bytes))).toEqual(message);
  });

  it.each(malformed)("is refused with $name", ({ bytes }) => {
    expect(decodeNeighborSolicitation(hex(bytes))).toBeUndefined();
  });

  it("reads back as written", () => {
    fc.assert(
      fc.property(fc.record({ target: anyTarget, options: anyOptions }), (message) => {
        expect(decodeNeighborSolicitation(encodeNeighborSolicitation(message))).toEqual(message);
      }),
    );
  });
});

describe("neighbor advertisement", () => {
  it.each(advertisements)("is written with $name", ({ message, bytes }) => {
    expect(encodeNeighborAdvertisement(message)).toEqual(hex(bytes));
  });

  it.each(advertisements)("is read with $name", ({ message, bytes }) => {
    expect(decodeNeighborAdvertisement(hex(bytes))).toEqual(message);
  });

  it.each(malformed)("is refused with $name", ({ bytes }) => {
    expect(decodeNeighborAdvertisement(hex(bytes))).toBeUndefined();
  });

  it("reads back as written", () => {
    const flag = fc.boolean();
    const anyMessage = fc.record({
      target: anyTarget,
      router: flag,
      solicited: flag,
      override: flag,
      options: anyOptions,
    });
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decodeNeighborAdvertisement(encodeNeighborAdvertisement(message))).toEqual(message);
      }),
    );
  });
});

describe("decodeNeighborSolicitation() and decodeNeighborAdvertisement()", () => {
  it("never throw, and agree on which bytes are malformed", () => {
    const header = hex("00000000 20010db8000000000000000000c0ffee");
    const nearly = fc
      .array(fc.oneof(fc.nat(4), fc.nat(255)), { maxLength: 60 })
      .map((noise) => Uint8Array.of(...header, ...noise));
    fc.assert(
      fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        const isMalformed = decodeNeighborSolicitation(bytes) === undefined;
        expect(decodeNeighborAdvertisement(bytes) === undefined).toBe(isMalformed);
      }),
    );
  });
});

describe("linkLayerAddress()", () => {
  const options: NdpOption[] = [{ kind: "other", type: 14, data: clientMac }, tlla];

  it("is that of the first option of the kind", () => {
    expect(linkLayerAddress({ options }, "target-link-layer")).toEqual(nodeMac);
  });

  it("is undefined without such an option", () => {
    expect(linkLayerAddress({ options }, "source-link-layer")).toBeUndefined();
  });
});
