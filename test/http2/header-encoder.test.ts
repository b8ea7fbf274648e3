import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeaderDecoder } from "#src/http2/header-decoder.ts";
import { ENCODED_FIELD_BYTES, HeaderEncoder, NO_TABLE } from "#src/http2/header-encoder.ts";
import { HeaderLines } from "#src/http2/header-lines.ts";
import { textsOf } from "./texts-of.ts";

const bounds = { listBytes: 65_536, fields: 100, blockBytes: 65_536, tableBytes: 4_096 };

function encode(write: (encoder: HeaderEncoder) => void, from = new Uint8Array(0)): Uint8Array {
  const encoder = new HeaderEncoder();
  const to = new Uint8Array(65_536);
  encoder.begin(to, 0, from);
  write(encoder);
  return to.slice(0, encoder.at);
}

function decode(block: Uint8Array): string[] | undefined {
  const lines = new HeaderLines(bounds);
  return new HeaderDecoder(0).decode(block, 0, block.length, lines) ? textsOf(lines) : undefined;
}

const anyName = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$/);
const anyValue = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });

describe("HeaderEncoder", () => {
  it.each([
    ["200", "88"],
    ["404", "8d"],
    ["302", "0803333032"],
  ])("writes status %s as %s", (status, bytes) => {
    expect(Buffer.from(encode((encoder) => encoder.status(status))).toString("hex")).toBe(bytes);
  });

  it.each([
    ["content-type", "a", "0f100161"],
    ["set-cookie", "a", "1f280161"],
    ["authorization", "a", "1f080161"],
    ["proxy-authorization", "a", "1f220161"],
    ["x", "a", "0001780161"],
  ])("writes %s with its static index, and secrets so that no proxy keeps them", (name, value, bytes) => {
    expect(Buffer.from(encode((encoder) => encoder.texts(name, value))).toString("hex")).toBe(bytes);
    const from = Buffer.from(`${name.toUpperCase()}${value}`, "latin1");
    const { length } = name;
    const field = encode((encoder) => encoder.field(0, length, length, length + value.length), from);
    expect(Buffer.from(field).toString("hex")).toBe(bytes);
  });

  it("writes fields that a decoder without table reads as they were, with names in small letters", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyName, anyValue), { maxLength: 20 }), (fields) => {
        const source = Buffer.from(fields.map(([name, value]) => name + value).join(""), "latin1");
        const block = encode((encoder) => {
          let at = 0;
          for (const [name, value] of fields) {
            const before = encoder.at;
            encoder.field(at, at + name.length, at + name.length, at + name.length + value.length);
            at += name.length + value.length;
            expect(encoder.at - before).toBeLessThanOrEqual(name.length + value.length + ENCODED_FIELD_BYTES);
          }
        }, source);
        const withSize = Uint8Array.of(NO_TABLE, ...block);
        expect(decode(withSize)).toEqual(fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`));
      }),
    );
  });
});
