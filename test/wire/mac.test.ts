import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BROADCAST_MAC, equalMacs, isGroupMac, parseMac, printMac, ZERO_MAC } from "#src/wire/mac.ts";

const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 });
const mac = (text: string) => parseMac(text) ?? expect.fail(`${text} is a MAC address`);

describe("parseMac()", () => {
  it.each([
    { text: "02:00:5e:10:00:01", bytes: [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01] },
    { text: "AA:bb:CC:dd:EE:ff", bytes: [0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff] },
  ])("reads $text", ({ text, bytes }) => {
    expect([...mac(text)]).toEqual(bytes);
  });

  it.each(["", "02:00:5e:10:00", "02:00:5e:10:00:01:02", "2:0:5e:10:0:1", "02-00-5e-10-00-01", "0g:00:5e:10:00:01"])(
    'refuses "%s"',
    (text) => {
      expect(parseMac(text)).toBeUndefined();
    },
  );

  it("undoes printMac()", () => {
    fc.assert(
      fc.property(anyMac, (bytes) => {
        expect(parseMac(printMac(bytes))).toEqual(bytes);
      }),
    );
  });
});

describe("isGroupMac()", () => {
  it.each([
    { name: "broadcast", bytes: BROADCAST_MAC, is: true },
    { name: "an IPv6 group", bytes: mac("33:33:00:00:00:01"), is: true },
    { name: "a machine", bytes: mac("02:00:5e:10:00:01"), is: false },
    { name: "none", bytes: ZERO_MAC, is: false },
  ])("is $is for $name", ({ bytes, is }) => {
    expect(isGroupMac(bytes)).toBe(is);
  });
});

describe("equalMacs()", () => {
  it("is true exactly for the same six bytes", () => {
    fc.assert(
      fc.property(anyMac, fc.nat(5), fc.integer({ min: 1, max: 255 }), (bytes, index, change) => {
        const other = Uint8Array.from(bytes, (byte, at) => (at === index ? byte ^ change : byte));
        expect(equalMacs(bytes, Uint8Array.from(bytes))).toBe(true);
        expect(equalMacs(bytes, other)).toBe(false);
      }),
    );
  });
});
