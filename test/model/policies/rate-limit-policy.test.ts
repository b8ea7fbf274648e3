import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Field } from "#src/model/field.ts";
import { readRateLimits } from "#src/model/policies/rate-limit-policy.ts";
import { codes } from "#test/model/build.ts";

const holder = objectAt("HTTPPolicy", "shop/api");

/** What is read of a text of YAML, and the problems. */
function read(text: string) {
  const problems: Problem[] = [];
  const field: Field = { value: parse(text), holder, path: "spec.rateLimits", problems };
  return { limits: readRateLimits(field), problems };
}

const PLAIN = { requests: 5, per: "second", burst: 5, key: [], isShared: false, headerFields: false };

describe("R readRateLimits()", () => {
  it.each([
    { rule: "requests and per are enough: all requests are counted together", of: "requests: 5, per: second", is: {} },
    {
      rule: "burst is as many as requests by default",
      of: "requests: 9, per: day",
      is: { requests: 9, per: "day", burst: 9 },
    },
    { rule: "burst of its own", of: "requests: 5, per: hour, burst: 1", is: { per: "hour", burst: 1 } },
    {
      rule: "headerFields",
      of: "requests: 5, per: minute, headerFields: true",
      is: { per: "minute", headerFields: true },
    },
    { rule: "shared", of: "requests: 5, per: minute, shared: true", is: { per: "minute", isShared: true } },
    {
      rule: "the client's address and the path",
      of: "requests: 5, per: second, key: [{ type: ClientAddress }, { type: Path }]",
      is: { key: [{ type: "ClientAddress" }, { type: "Path" }] },
    },
    {
      rule: "names: those of header fields in lower case",
      of: "requests: 5, per: second, key: [{ type: Header, name: X-Key }, { type: Cookie, name: Sid }, { type: Query, name: Q }, { type: Claim, name: sub }]",
      is: {
        key: [
          { type: "Header", name: "x-key" },
          { type: "Cookie", name: "Sid" },
          { type: "Query", name: "Q" },
          { type: "Claim", name: "sub" },
        ],
      },
    },
  ])("reads $rule", ({ of, is }) => {
    expect(read(`[{ ${of} }]`)).toEqual({ limits: [{ ...PLAIN, ...is, zone: expect.any(String) }], problems: [] });
  });

  it("counts each policy and each limit alone; a limit whose burst changes goes on counting", () => {
    const zones = (text: string, of = holder) =>
      readRateLimits({ value: parse(text), holder: of, path: "spec.rateLimits", problems: [] })!.map(
        ({ zone }) => zone,
      );
    const all = [
      ...zones("[{ requests: 5, per: second }, { requests: 6, per: second }, { requests: 5, per: minute }]"),
      ...zones("[{ requests: 5, per: second, shared: true }, { requests: 5, per: second, key: [{ type: Path }] }]"),
      ...zones("[{ requests: 5, per: second }]", objectAt("HTTPPolicy", "shop/other")),
    ];
    expect(new Set(all).size).toBe(6);
    expect(zones("[{ requests: 5, per: second, burst: 1 }]")).toEqual(zones("[{ requests: 5, per: second }]"));
  });

  it("reads a field that is unset as nothing, and an empty list as no limits", () => {
    expect(read("null")).toEqual({ limits: undefined, problems: [] });
    expect(read("[]")).toEqual({ limits: [], problems: [] });
  });

  it.each([
    { fault: "not a list", of: "{ requests: 5 }", at: "", code: "FIELD_WRONG_TYPE" },
    { fault: "an entry that is nothing", of: "[null]", at: "[0]", code: "FIELD_MISSING" },
    { fault: "an entry that is no map", of: "[5]", at: "[0]", code: "FIELD_WRONG_TYPE" },
    {
      fault: "an unknown key",
      of: "[{ requests: 5, per: second, bust: 1 }]",
      at: "[0].bust",
      code: "CONFIG_UNKNOWN_KEY",
    },
    { fault: "no requests", of: "[{ per: second }]", at: "[0].requests", code: "FIELD_MISSING" },
    { fault: "0 requests", of: "[{ requests: 0, per: second }]", at: "[0].requests", code: "FIELD_INVALID" },
    { fault: "half a request", of: "[{ requests: 0.5, per: second }]", at: "[0].requests", code: "FIELD_INVALID" },
    { fault: "requests below 0", of: "[{ requests: -1, per: second }]", at: "[0].requests", code: "FIELD_INVALID" },
    {
      fault: "requests beyond what is counted exactly",
      of: "[{ requests: 1000001, per: second }]",
      at: "[0].requests",
      code: "FIELD_INVALID",
    },
    {
      fault: "requests as a text",
      of: "[{ requests: '5', per: second }]",
      at: "[0].requests",
      code: "FIELD_WRONG_TYPE",
    },
    { fault: "no time", of: "[{ requests: 5 }]", at: "[0].per", code: "FIELD_MISSING" },
    { fault: "another time", of: "[{ requests: 5, per: week }]", at: "[0].per", code: "FIELD_INVALID" },
    { fault: "a burst of 0", of: "[{ requests: 5, per: second, burst: 0 }]", at: "[0].burst", code: "FIELD_INVALID" },
    {
      fault: "shared as a text",
      of: "[{ requests: 5, per: second, shared: 'yes' }]",
      at: "[0].shared",
      code: "FIELD_WRONG_TYPE",
    },
    {
      fault: "a key that is no list",
      of: "[{ requests: 5, per: second, key: { type: Path } }]",
      at: "[0].key",
      code: "FIELD_WRONG_TYPE",
    },
    {
      fault: "a part without a type",
      of: "[{ requests: 5, per: second, key: [{ name: a }] }]",
      at: "[0].key[0].type",
      code: "FIELD_MISSING",
    },
    {
      fault: "a part of another type",
      of: "[{ requests: 5, per: second, key: [{ type: clientAddress }] }]",
      at: "[0].key[0].type",
      code: "FIELD_INVALID",
    },
    {
      fault: "an address with a name",
      of: "[{ requests: 5, per: second, key: [{ type: Path, name: a }] }]",
      at: "[0].key[0].name",
      code: "CONFIG_UNKNOWN_KEY",
    },
    {
      fault: "a header without a name",
      of: "[{ requests: 5, per: second, key: [{ type: Header }] }]",
      at: "[0].key[0].name",
      code: "FIELD_MISSING",
    },
    {
      fault: "a name that cannot be",
      of: "[{ requests: 5, per: second, key: [{ type: Header, name: 'a b' }] }]",
      at: "[0].key[0].name",
      code: "FIELD_INVALID",
    },
    {
      fault: "an empty name",
      of: "[{ requests: 5, per: second, key: [{ type: Claim, name: '' }] }]",
      at: "[0].key[0].name",
      code: "FIELD_INVALID",
    },
    {
      fault: "an address that clients write",
      of: "[{ requests: 5, per: second, key: [{ type: Header, name: X-Forwarded-For }] }]",
      at: "[0].key[0].name",
      code: "FIELD_INVALID",
    },
    {
      fault: "the same limit twice",
      of: "[{ requests: 5, per: second }, { requests: 5, per: second, burst: 9 }]",
      at: "[1]",
      code: "FIELD_DUPLICATE",
    },
  ])("refuses $fault", ({ of, at, code }) => {
    const { limits, problems } = read(of);
    expect({ limits, codes: codes(problems) }).toEqual({ limits: undefined, codes: [code] });
    expect(problems[0]?.at).toMatchObject({ path: `spec.rateLimits${at}` });
  });

  it("refuses more limits, or parts of a key, than are counted", () => {
    const limit = (requests: number) => `{ requests: ${requests}, per: second }`;
    const limits = (count: number) => `[${Array.from({ length: count }, (_, index) => limit(index + 1)).join()}]`;
    expect(read(limits(16)).limits).toHaveLength(16);
    expect(codes(read(limits(17)).problems)).toEqual(["FIELD_INVALID"]);
    const key = (count: number) =>
      Array.from({ length: count }, (_, index) => `{ type: Query, name: q${index} }`).join();
    expect(read(`[{ requests: 1, per: second, key: [${key(8)}] }]`).limits).toHaveLength(1);
    expect(codes(read(`[{ requests: 1, per: second, key: [${key(9)}] }]`).problems)).toEqual(["FIELD_INVALID"]);
  });
});
