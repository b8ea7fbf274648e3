import { brotliDecompressSync, constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContentCoding } from "#src/filters/accepted-codings.ts";
import { LAST_CHUNK } from "#ingress/engine/compressed-body.ts";
import { Compressors } from "#ingress/engine/compressors.ts";
import { GzipBody } from "#ingress/engine/gzip-body.ts";
import { compressionsBy } from "#test/support/compressions.ts";

const ALL = ["zstd", "br", "gzip"] as const;

/** Collects what is sent, and can be waited for. */
function collector() {
  const sent: Buffer[] = [];
  let room = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<string>();
  return {
    sent,
    ended: ended.promise,
    /** Until the parts that were added are compressed. */
    async added(isBusy: boolean) {
      if (isBusy) await room.promise;
      room = Promise.withResolvers();
    },
    sink: {
      onCompressed: (bytes: Buffer) => void sent.push(bytes),
      onRoom: () => room.resolve("room"),
      onCompressedEnd: () => ended.resolve("end"),
      onCompressionFailure: () => ended.resolve("failure"),
    },
  };
}

type Read = (bytes: Buffer, of: { readonly isWhole: boolean }) => Buffer;

/** How a client reads what has come; not whole: without the end. */
const READERS: Readonly<Record<ContentCoding, Read>> = {
  gzip: (bytes, { isWhole }) => gunzipSync(bytes, isWhole ? {} : { finishFlush: constants.Z_SYNC_FLUSH }),
  br: (bytes, { isWhole }) =>
    brotliDecompressSync(bytes, isWhole ? {} : { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: (bytes, { isWhole }) => zstdDecompressSync(bytes, isWhole ? {} : { finishFlush: constants.ZSTD_e_flush }),
};

/** The data of a chunked body. */
function unframed(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf("\r\n", at);
    const length = Number.parseInt(bytes.toString("latin1", at, end), 16);
    if (length === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}

describe("bodies", () => {
  it.each(ALL)("D %s: one stream, each part of which can be read when it arrives", async (coding) => {
    const compressors = new Compressors(compressionsBy(...ALL));
    const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 70_000, size: "max" }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(parts, async (written) => {
        const to = collector();
        const body = compressors.bodyBy(compressionsBy(coding), to.sink)!;
        expect(body.coding).toBe(coding);
        for (const [index, part] of written.entries()) {
          const own = Buffer.from(part);
          body.add(own, 0, own.length);
          // The buffer is the caller's again.
          own.fill(0);
          await to.added(body.isBusy);
          const begun = Buffer.concat(written.slice(0, index + 1));
          expect(READERS[coding](unframed(Buffer.concat([...to.sent, LAST_CHUNK])), { isWhole: false })).toEqual(begun);
        }
        body.end();
        expect(await to.ended).toBe("end");
        expect(READERS[coding](unframed(Buffer.concat(to.sent)), { isWhole: true })).toEqual(Buffer.concat(written));
        expect(compressors.streams).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it.each(ALL)("D %s: several parts at once, and the end with them", async (coding) => {
    const compressors = new Compressors(compressionsBy(...ALL));
    const to = collector();
    const body = compressors.bodyBy(compressionsBy(coding), to.sink)!;
    const parts = Array.from({ length: 9 }, (_, index) => Buffer.alloc(20_000, `${index} `));
    for (const part of parts) body.add(part, 0, part.length);
    body.end();
    await to.ended;
    expect(READERS[coding](unframed(Buffer.concat(to.sent)), { isWhole: true })).toEqual(Buffer.concat(parts));
  });

  it("D keeps 64 compressors at most: further answers are compressed by gzip, or not at all", () => {
    const compressors = new Compressors(compressionsBy(...ALL));
    const { sink } = collector();
    const bodies = Array.from({ length: 64 }, (_, index) =>
      compressors.bodyBy(compressionsBy(index % 2 === 0 ? "br" : "zstd"), sink)!,
    );
    expect(compressors.bodyBy(compressionsBy(...ALL), sink)?.coding).toBe("gzip");
    expect(compressors.bodyBy(compressionsBy("zstd", "br"), sink)).toBeUndefined();
    for (const body of bodies) {
      body.close();
      body.close();
    }
    expect(compressors.streams).toBe(0);
    const again = compressors.bodyBy(compressionsBy("br"), sink);
    expect(again?.coding).toBe("br");
    again?.close();
  });

  it.each(ALL)("D %s: nothing is given to the sink of a body that was closed at work", async (coding) => {
    const to = collector();
    const body = new Compressors(compressionsBy(...ALL)).bodyBy(compressionsBy(coding), to.sink)!;
    const part = Buffer.alloc(60_000, "a");
    body.add(part, 0, part.length);
    const before = to.sent.length;
    body.close();
    body.add(part, 0, part.length);
    // What a second body makes in the same threads comes after what the first one would have made.
    const other = collector();
    const second = new Compressors(compressionsBy(...ALL)).bodyBy(compressionsBy("zstd"), other.sink)!;
    second.add(part, 0, part.length);
    second.end();
    await other.ended;
    expect(to.sent).toHaveLength(coding === "gzip" ? to.sent.length : before);
  });
});

describe("GzipBody, part by part", () => {
  it.each([
    { length: 1, isStored: true },
    { length: 255, isStored: true },
    { length: 256, isStored: false },
  ])("D stores a part of $length bytes: $isStored", ({ length, isStored }) => {
    const part = Buffer.alloc(length, "a");
    const to = collector();
    new GzipBody(1, to.sink).add(part, 0, length);
    expect(Buffer.concat(to.sent).includes(part)).toBe(isStored);
  });
});
