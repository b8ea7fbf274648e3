import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeaderDecoder } from "#src/http2/header-decoder.ts";
import { HeaderLines } from "#src/http2/header-lines.ts";
import { USUAL_TABLE_BYTES } from "#src/http2/settings.ts";
import { hex } from "#test/wire/hex.ts";
import { textsOf } from "./texts-of.ts";

const bounds = { listBytes: 16_384, fields: 100, blockBytes: 16_384, tableBytes: 4_096 };

/** Reads blocks one after the other; undefined for one that breaks the rules. */
function decodeAll(blocks: readonly string[], tableBytes = USUAL_TABLE_BYTES): (string[] | undefined)[] {
  const decoder = new HeaderDecoder(tableBytes);
  const lines = new HeaderLines(bounds);
  return blocks.map((text) => {
    const bytes = hex(text);
    return decoder.decode(bytes, 0, bytes.length, lines) ? textsOf(lines) : undefined;
  });
}

const firstRequest = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
const requests = [
  firstRequest,
  [...firstRequest, "cache-control: no-cache"],
  [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"],
];
const date = "Mon, 21 Oct 2013 20:13";
const location = "location: https://www.example.com";
const cookie = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const answers = [
  [":status: 302", "cache-control: private", `date: ${date}:21 GMT`, location],
  [":status: 307", "cache-control: private", `date: ${date}:21 GMT`, location],
  [":status: 200", "cache-control: private", `date: ${date}:22 GMT`, location, "content-encoding: gzip", cookie],
];

describe("HeaderDecoder", () => {
  it("reads the single fields of RFC 7541 appendix C.2", () => {
    expect(
      decodeAll([
        "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
        "040c 2f73 616d 706c 652f 7061 7468",
        "1008 7061 7373 776f 7264 0673 6563 7265 74",
        "82",
      ]),
    ).toEqual([["custom-key: custom-header"], [":path: /sample/path"], ["password: secret"], [":method: GET"]]);
  });

  it("reads the requests of appendix C.3, without Huffman's code", () => {
    expect(
      decodeAll([
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
      ]),
    ).toEqual(requests);
  });

  it("reads the requests of appendix C.4, with it", () => {
    expect(
      decodeAll([
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
      ]),
    ).toEqual(requests);
  });

  it("reads the answers of appendix C.6, whose table of 256 bytes drops old fields", () => {
    expect(
      decodeAll(
        [
          `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b
           97c8 e9ae 82ae 43d3`,
          "4883 640e ffc1 c0bf",
          `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335
           dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
        ],
        256,
      ),
    ).toEqual(answers);
  });

  it("reads changes of the table's size at the beginning of a block, and forgets what no longer fits", () => {
    const field = "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572";
    expect(decodeAll([field, "be", "20 3fe11f be"])).toEqual([
      ["custom-key: custom-header"],
      ["custom-key: custom-header"],
      undefined,
    ]);
    expect(decodeAll([field, "3f18 be", "3f17 be"])).toEqual([
      ["custom-key: custom-header"],
      ["custom-key: custom-header"],
      undefined,
    ]);
  });

  it.each([
    ["index 0", "80"],
    ["an index beyond both tables", "be"],
    ["a name beyond both tables", "7e 01 61"],
    ["a size beyond the limit", "3fe2 1f"],
    ["a size behind a field", "82 20"],
    ["a number without end", "ff ff ff ff ff ff ff 01"],
    ["a number that is cut off", "ff"],
    ["a name that is cut off", "40 0a 6375"],
    ["a value that is cut off", "40 01 61 0a 6375"],
    ["a field without value", "40 01 61"],
    ["a broken code", "40 01 61 81 00"],
    ["a code of the end of string", "40 01 61 84 ffff ffff"],
  ])("refuses %s", (_name, bytes) => {
    expect(decodeAll([bytes])).toEqual([undefined]);
  });

  it("holds no more than the table's bytes, whatever is added", () => {
    const add = (name: number) => `40 01 ${name.toString(16)} 7f 81 0f ${"61".repeat(2_048)}`;
    // Each takes 2,081 bytes: the second one drops the first.
    expect(decodeAll([add(0x61), add(0x62), "be", "bf"])).toEqual([
      [`a: ${"a".repeat(2_048)}`],
      [`b: ${"a".repeat(2_048)}`],
      [`b: ${"a".repeat(2_048)}`],
      undefined,
    ]);
  });

  it("leaves out what is beyond the bounds, and still knows the table after it", () => {
    const decoder = new HeaderDecoder(4_096);
    const lines = new HeaderLines({ ...bounds, listBytes: 500, fields: 3 });
    const read = (text: string): boolean => {
      const bytes = hex(text);
      return decoder.decode(bytes, 0, bytes.length, lines);
    };
    // A bomb: one field of 300 bytes, named three thousand times.
    const field = `40 01 61 7f ad 01 ${"62".repeat(300)}`;
    expect(read(field + "be".repeat(3_000))).toBe(true);
    expect({ count: lines.count, isTooLarge: lines.isTooLarge, bytes: lines.at }).toEqual({
      count: 1,
      isTooLarge: true,
      bytes: 305,
    });
    expect(read("82 82 82 82 40 01 63 01 64")).toBe(true);
    expect({ texts: textsOf(lines), isTooLarge: lines.isTooLarge }).toEqual({
      texts: [":method: GET", ":method: GET", ":method: GET"],
      isTooLarge: true,
    });
    expect(read("be")).toBe(true);
    expect({ texts: textsOf(lines), isTooLarge: lines.isTooLarge }).toEqual({ texts: ["c: d"], isTooLarge: false });
  });

  it.each([
    { name: "fields with a name of the table, each kept", unit: "7e 00" },
    { name: "fields with a name of the table, not kept", unit: "0f 2f 00" },
  ])("gives up a block whose few bytes stand for much text: $name", ({ unit }) => {
    const decoder = new HeaderDecoder(USUAL_TABLE_BYTES);
    const lines = new HeaderLines(bounds);
    const read = (text: string) => {
      const bytes = hex(text);
      return decoder.decode(bytes, 0, bytes.length, lines);
    };
    // One field whose name has 4000 bytes.
    expect(read(`40 7f a1 1e ${"61".repeat(4_000)} 00`)).toBe(true);
    expect(read(unit.repeat(3))).toBe(true);
    // Whole fields of the table need not be written again.
    expect(read(`${"be".repeat(9_000)} ${unit.repeat(3)}`)).toBe(true);
    expect(read(unit.repeat(5_000))).toBe(false);
  });

  it("never throws, and never writes beyond its room", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (blocks) => {
        const small = { listBytes: 200, fields: 5, blockBytes: 300, tableBytes: 128 };
        const decoder = new HeaderDecoder(small.tableBytes);
        const lines = new HeaderLines(small);
        for (const block of blocks) if (!decoder.decode(block, 0, block.length, lines)) break;
        expect(lines.at).toBeLessThanOrEqual(lines.bytes.length);
        expect(lines.count).toBeLessThanOrEqual(5);
      }),
      { numRuns: 500 },
    );
  });
});
