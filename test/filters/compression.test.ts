import { describe, expect, it } from "vitest";
import { acceptedCodings } from "#src/filters/accepted-codings.ts";
import { mayCompress } from "#src/filters/may-compress.ts";
import { compressionsBy } from "#test/support/compressions.ts";

describe("acceptedCodings()", () => {
  it.each([
    { values: ["gzip, deflate, br, zstd"], expected: ["zstd", "br", "gzip"], why: "equal weights: our order" },
    { values: ["br, X-GZIP;q=0.5"], expected: ["br", "gzip"], why: "the old name of gzip" },
    { values: ["br;q=0.5, gzip;q=0.8", "zstd;q=0"], expected: ["gzip", "br"], why: "several fields, by weight" },
    { values: ["GZIP;q=0"], expected: [], why: "a weight of 0" },
    { values: ["gzip; q = 0.000"], expected: [], why: "blanks" },
    { values: ["gzip;q=0.001"], expected: ["gzip"], why: "the least weight" },
    { values: ["gzip;q=much, br;q=2, zstd;q=1.5"], expected: [], why: "weights that cannot be read" },
    { values: ["*"], expected: ["zstd", "br", "gzip"], why: "all others" },
    { values: ["br, *;q=0.5, zstd;q=0"], expected: ["br", "gzip"], why: "all others, by their weight" },
    { values: ["*;q=0, gzip"], expected: ["gzip"], why: "no others" },
    { values: ["identity"], expected: [], why: "as it is" },
    { values: ["identity, gzip"], expected: ["gzip"], why: "as much as it is" },
    { values: ["identity, br, gzip;q=0.5"], expected: ["br"], why: "less than as it is" },
    { values: ["identity;q=0.2, gzip;q=0.5"], expected: ["gzip"], why: "more than as it is" },
    { values: ["identity;q=0"], expected: [], why: "nothing that is offered" },
    { values: [""], expected: [], why: "an empty field" },
    { values: [], expected: [], why: "no field: RFC 9110 would allow all, and no server takes that for a wish" },
  ])("D $values: $expected ($why)", ({ values, expected }) => {
    expect(acceptedCodings(values, ["zstd", "br", "gzip"])).toEqual(expected);
    expect(acceptedCodings(values, ["gzip"])).toEqual(expected.filter((one) => one === "gzip"));
  });
});

describe("mayCompress()", () => {
  const html = {
    status: 200,
    contentLength: 1_000,
    contentType: "text/html",
    contentEncoding: undefined,
    cacheControl: undefined,
  };
  const [gzip] = compressionsBy("gzip");
  it.each(["no-transform", "public, No-Transform", "no-transform,max-age=5"])(
    "D leaves answers with %s as they are",
    (cacheControl) => {
      expect(mayCompress({ ...html, cacheControl }, gzip!)).toBe(false);
      expect(mayCompress({ ...html, cacheControl: "x-no-transform-y" }, gzip!)).toBe(true);
    },
  );

  it.each([
    { contentType: "text/html; charset=utf-8", types: ["a/b"], expected: true },
    { contentType: "A/B", types: ["a/b"], expected: true },
    { contentType: "text/css", types: ["a/b"], expected: false },
    { contentType: "image/png", types: ["*"], expected: true },
    { contentType: undefined, types: ["*"], expected: false },
  ])("D $contentType is of $types: $expected", ({ contentType, types, expected }) => {
    expect(mayCompress({ ...html, contentType }, { ...gzip!, types: new Set(types) })).toBe(expected);
  });

  it.each([
    { contentLength: 19, minBytes: 20, expected: false },
    { contentLength: 20, minBytes: 20, expected: true },
    { contentLength: undefined, minBytes: 20, expected: true },
  ])("D $contentLength bytes of at least $minBytes: $expected", ({ contentLength, minBytes, expected }) => {
    expect(mayCompress({ ...html, contentLength }, { ...gzip!, minBytes })).toBe(expected);
  });
});
