import { array, assert, constantFrom, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkedReader } from "#ingress/engine/h1/chunked.ts";
import { BodyReader } from "#ingress/engine/h1/body-reader.ts";

/** What chunked bodies are made of, odd and broken pieces among them. */
const PIECES = [
  "3\r\nabc\r\n",
  "3",
  "0",
  "00",
  " ",
  "\t",
  ";x=y",
  "\r\n",
  "\n",
  "\r",
  "abc",
  "A\r\n0123456789",
  "0\r\n",
  "X: 1\r\n",
  "X",
  ":",
];

/** The data of a body read in these cuts, and what is to be passed on; undefined where it is broken or has no end. */
function read(bytes: Buffer, cuts: readonly number[], isLenient: boolean) {
  const body = new BodyReader({ isLenient });
  body.startChunked();
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  let data = "";
  const passed: Buffer[] = [];
  for (let index = 1; index < places.length && !body.isDone; index++) {
    const [start, end] = [places[index - 1]!, places[index]!];
    const reached = body.eachData(bytes, start, end, (from, to) => (data += bytes.toString("latin1", from, to)));
    if (reached === -1) return undefined;
    passed.push(body.reframed(bytes, start, reached) ?? bytes.subarray(start, reached));
  }
  return body.isDone ? { data, passed: Buffer.concat(passed) } : undefined;
}

describe("a chunked body", () => {
  it("I13 of an answer is strict when it is passed on, with the same data, however it came", () => {
    let odd = 0;
    assert(
      property(array(constantFrom(...PIECES), { maxLength: 12 }), array(nat(100)), (pieces, cuts) => {
        const bytes = Buffer.from(`${pieces.join("")}0\r\n\r\n`, "latin1");
        const lenient = read(bytes, cuts, true);
        if (lenient === undefined) return;
        const strict = read(lenient.passed, [], false);
        expect(strict?.data).toBe(lenient.data);
        if (read(bytes, [], false) === undefined) odd += 1;
      }),
      { numRuns: 20_000 },
    );
    expect(odd).toBeGreaterThan(100);
  });

  it("I13 of an answer costs a bounded number of odd bytes", () => {
    expect(read(Buffer.from(`3${" ".repeat(5_000)}\r\nabc\r\n0\r\n\r\n`), [], true)).toBeUndefined();
    expect(read(Buffer.from(`${"0".repeat(5_000)}\r\n\r\n`), [], true)).toBeUndefined();
  });

  it("holds trailers back in one piece, however many bytes they have: a client that sends them and waits costs no more than they are long", () => {
    const lines = Array.from({ length: 70 }, (_, index) => `x-${index}: ${"v".repeat(100)}\r\n`).join("");
    const bytes = Buffer.from(`0\r\n${lines}\r\n`, "latin1");
    const reader = new ChunkedReader(true);
    reader.next(bytes, 0, bytes.length);
    expect(reader.isDone).toBe(true);
    expect(reader.trailers).toBe(lines);
    expect(reader.edits.length).toBeLessThanOrEqual(2);
  });
});
