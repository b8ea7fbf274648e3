import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEthernet, encodeEthernet, ETHER_TYPE_ARP } from "#src/wire/ethernet.ts";
import { hex } from "./hex.ts";

const frame = {
  destination: hex("ff ff ff ff ff ff"),
  source: hex("02 00 5e 10 00 01"),
  etherType: ETHER_TYPE_ARP,
  payload: hex("00 01 08 00"),
};
const bytes = hex(`
  ffffffffffff
  02005e100001
  0806
  00010800
`);

describe("ethernet", () => {
  it("encodeEthernet() writes the bytes", () => expect(encodeEthernet(frame)).toEqual(bytes));

  it("decodeEthernet() reads the bytes", () => expect(decodeEthernet(bytes)).toEqual(frame));

  it.each([0, 1, 13])("decodeEthernet() refuses %i bytes", (length) => {
    expect(decodeEthernet(bytes.subarray(0, length))).toBeUndefined();
  });

  it("decodeEthernet() reads a header without payload", () => {
    expect(decodeEthernet(bytes.subarray(0, 14))).toEqual({ ...frame, payload: new Uint8Array() });
  });

  it("decodeEthernet() undoes encodeEthernet(), in both orders", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 14, maxLength: 80 }), (any) => {
        const decoded = decodeEthernet(any) ?? expect.fail("a frame");
        expect(encodeEthernet(decoded)).toEqual(any);
        expect(decodeEthernet(encodeEthernet(decoded))).toEqual(decoded);
      }),
    );
  });
});
