import { describe, expect, it } from "vitest";
import { decodeHuffman } from "#src/http2/huffman.ts";
import { HUFFMAN_LENGTHS } from "#src/http2/huffman-lengths.ts";
import { hex } from "#test/wire/hex.ts";

function decode(bytes: Uint8Array): string | undefined {
  const to = new Uint8Array(Math.ceil((bytes.length * 8) / 5));
  const end = decodeHuffman(bytes, { start: 0, end: bytes.length, to, at: 0 });
  return end === -1 ? undefined : Buffer.from(to.subarray(0, end)).toString("latin1");
}

/** By the definition: the codes of all bytes in canonical order, as texts of bits. */
function codes(): string[] {
  const found: string[] = [];
  let code = 0n;
  let length = 0;
  const order = [...HUFFMAN_LENGTHS.keys()].toSorted((a, b) => HUFFMAN_LENGTHS[a]! - HUFFMAN_LENGTHS[b]! || a - b);
  for (const byte of order) {
    code <<= BigInt(HUFFMAN_LENGTHS[byte]! - length);
    length = HUFFMAN_LENGTHS[byte]!;
    found[byte] = code.toString(2).padStart(length, "0");
    code += 1n;
  }
  return found;
}

function pack(bits: string): Uint8Array {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

describe("decodeHuffman()", () => {
  // RFC 7541 appendix C.4 and C.6.
  it.each([
    ["f1e3 c2e5 f23a 6ba0 ab90 f4ff", "www.example.com"],
    ["a8eb 1064 9cbf", "no-cache"],
    ["25a8 49e9 5ba9 7d7f", "custom-key"],
    ["25a8 49e9 5bb8 e8b4 bf", "custom-value"],
    ["d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff", "Mon, 21 Oct 2013 20:13:21 GMT"],
    [
      "94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
      "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    ],
    ["", ""],
  ])("reads %s as %s", (bytes, text) => {
    expect(decode(hex(bytes))).toBe(text);
  });

  it("reads each of 256 bytes, alone and before another", () => {
    const all = codes();
    expect(all[0x30]).toBe("00000");
    expect(all[0xff]).toBe("11111111111111111111101110");
    for (const [byte, code] of all.entries()) {
      expect(decode(pack(code)), `byte ${byte}`).toBe(String.fromCharCode(byte));
      expect(decode(pack(code + all[0x61]!)), `byte ${byte}, a`).toBe(`${String.fromCharCode(byte)}a`);
    }
  });

  it.each([
    ["the end of string", "ffff ffff"],
    ["the end of string behind a byte", "07ff ffff ff"],
    ["eight ones of padding", "f1e3 c2e5 f23a 6ba0 ab90 f4ff ff"],
    ["zeros as padding", "18"],
    ["a code that is cut off", "fffe"],
  ])("refuses %s", (_name, bytes) => {
    expect(decode(hex(bytes))).toBeUndefined();
  });
});
