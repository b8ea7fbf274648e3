import { describe, expect, it } from "vitest";
import { HelloWatch } from "#ingress/io/hello-watch.ts";
import type { PrefaceSource } from "#ingress/io/proxy-preface.ts";

const HALF = Buffer.concat([Buffer.from([22, 3, 1, 0x40, 0, 1, 0, 0x7f, 0xfc]), Buffer.alloc(16_379)]);
/** Two of these are more than so many bytes of all connections. */
const CONNECTIONS = Math.ceil(16_777_216 / HALF.length);

/** A connection whose bytes are given by hand. */
function source() {
  let give: (bytes: Buffer) => void = () => expect.fail("nothing is read");
  const one = { isClosed: false, rest: undefined as Buffer | undefined };
  const preface: PrefaceSource = {
    destroy: () => (one.isClosed = true),
    startPreface: ({ onBytes }) => (give = onBytes),
    stopPreface: (rest) => (one.rest = rest),
  };
  return Object.assign(one, { preface, give: (bytes: Buffer) => give(bytes) });
}

describe("HelloWatch", () => {
  it("closes the one that waits for longest where all keep too much of what is not whole", () => {
    const failures: string[] = [];
    const watch = new HelloWatch({ handshakeMs: 60_000, onFailure: ({ message }) => void failures.push(message) });
    const silent = source();
    watch.read(silent.preface, () => expect.fail("it is silent"));
    const all = Array.from({ length: CONNECTIONS }, source);
    for (const one of all) {
      watch.read(one.preface, () => expect.fail("it is not whole"));
      one.give(HALF);
    }
    expect(all.map(({ isClosed }) => isClosed)).toEqual(all.map((_, index) => index === 0));
    expect([silent.isClosed, failures]).toEqual([false, ["too many ClientHellos are not whole"]]);
    // What one has left is room for another one.
    const more = source();
    watch.read(more.preface, () => undefined);
    more.give(Buffer.from("GET / HTTP/1.1"));
    expect([all[1]!.isClosed, more.rest?.toString()]).toEqual([false, "GET / HTTP/1.1"]);
  });

  it("gives all that came, in however many pieces, and what is left of the time", () => {
    let nowMs = 0;
    const watch = new HelloWatch({ handshakeMs: 1_000, onFailure: () => expect.fail("it is whole") }, () => nowMs);
    const one = source();
    const said: unknown[] = [];
    watch.read(one.preface, (hello) => said.push(hello));
    // A record with a message that is none, after a hundred pieces.
    const bytes = Buffer.concat([Buffer.from([22, 3, 1, 0, 200]), Buffer.from([1, 0, 0, 196]), Buffer.alloc(196)]);
    for (const byte of bytes) {
      nowMs += 1;
      one.give(Buffer.of(byte));
    }
    expect(said).toEqual([{ serverName: undefined, leftMs: 1_000 - bytes.length }]);
    expect(one.rest).toEqual(bytes);
  });
});
