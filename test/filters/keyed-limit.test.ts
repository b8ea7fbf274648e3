import { describe, expect, it } from "vitest";
import { bucketUses, keyedLimit, type LimitedRequest } from "#src/filters/keyed-limit.ts";
import type { RateLimitKeyPart } from "#src/model/policies/rate-limit-key.ts";
import type { RateLimitPolicy } from "#src/model/policies/rate-limit-policy.ts";

const POLICY: RateLimitPolicy = {
  requests: 1,
  per: "second",
  burst: 1,
  key: [],
  isShared: false,
  headerFields: false,
  zone: "shop/api",
};

type Asked = Partial<Omit<LimitedRequest, "valuesOf">> & {
  readonly fields?: Readonly<Record<string, readonly string[]>>;
};

function request({ fields = {}, ...of }: Asked): LimitedRequest {
  return { clientAddress: "10.0.0.1", path: "/", target: "/", valuesOf: (name) => fields[name] ?? [], ...of };
}

function bucketOf(key: readonly RateLimitKeyPart[], asked: Asked): string {
  return bucketUses([keyedLimit({ ...POLICY, key })], request(asked))[0]!.bucket;
}

const header = [{ type: "Header", name: "x-key" }] as const;
const cookie = [{ type: "Cookie", name: "sid" }] as const;
const query = [{ type: "Query", name: "q" }] as const;
const claim = [{ type: "Claim", name: "sub" }] as const;
const field = (...values: readonly string[]) => ({ fields: { "x-key": values } });
const cookies = (...values: readonly string[]) => ({ fields: { cookie: values } });

describe("R bucketUses()", () => {
  it.each<{ rule: string; key: readonly RateLimitKeyPart[]; asked: readonly [Asked, Asked] }>([
    {
      rule: "without a key",
      key: [],
      asked: [{ clientAddress: "10.0.0.1" }, { clientAddress: "10.0.0.2", path: "/b" }],
    },
    {
      rule: "with one address, whatever the path",
      key: [{ type: "ClientAddress" }],
      asked: [{ path: "/a" }, { path: "/b" }],
    },
    { rule: "that lack the header field, and that have an empty one", key: header, asked: [{}, field("")] },
    { rule: "that lack the header field, and that have it twice", key: header, asked: [{}, field("a", "b")] },
    { rule: "whose field differs in blanks only", key: header, asked: [field("a b"), field(" a \t b ")] },
    { rule: "that lack the cookie, and that have it twice", key: cookie, asked: [{}, cookies("sid=a; sid=b")] },
    { rule: "that have the cookie twice in two fields", key: cookie, asked: [{}, cookies("sid=a", "sid=b")] },
    { rule: "whose cookie differs in quotes only", key: cookie, asked: [cookies("sid=a"), cookies('x=1; sid="a"')] },
    { rule: "that lack the argument, and that have it twice", key: query, asked: [{}, { target: "/?q=1&q=2" }] },
    {
      rule: "whose argument is written otherwise",
      key: query,
      asked: [{ target: "/?q=a%20b" }, { target: "/x?y=1&%71=%61+b" }],
    },
    { rule: "without a token, and with one without the claim", key: claim, asked: [{}, { claims: { iss: "x" } }] },
    {
      rule: "with a claim that every object has",
      key: [{ type: "Claim", name: "toString" }],
      asked: [{}, { claims: {} }],
    },
  ])("R counts requests together $rule", ({ key, asked: [one, other] }) => {
    expect(bucketOf(key, one)).toBe(bucketOf(key, other));
  });

  it.each<{ rule: string; key: readonly RateLimitKeyPart[]; asked: readonly [Asked, Asked] }>([
    { rule: "address", key: [{ type: "ClientAddress" }], asked: [{}, { clientAddress: "10.0.0.2" }] },
    {
      rule: "address of IPv6, as other limits of clients do",
      key: [{ type: "ClientAddress" }],
      asked: [{ clientAddress: "2001:db8::1" }, { clientAddress: "2001:db8::2" }],
    },
    { rule: "path", key: [{ type: "Path" }], asked: [{ path: "/a" }, { path: "/b" }] },
    { rule: "header field", key: header, asked: [field("a"), field("b")] },
    { rule: "cookie", key: cookie, asked: [cookies("sid=a"), cookies("sid=b")] },
    { rule: "cookie, whose name is no end of another's", key: cookie, asked: [cookies("xsid=a"), cookies("sid=a")] },
    { rule: "argument", key: query, asked: [{ target: "/?q=1" }, { target: "/?q=2" }] },
    { rule: "claim", key: claim, asked: [{ claims: { sub: "a" } }, { claims: { sub: "b" } }] },
    { rule: "claim of several values", key: claim, asked: [{ claims: { sub: ["a"] } }, { claims: { sub: ["b"] } }] },
    {
      rule: "one of two parts",
      key: [{ type: "ClientAddress" }, { type: "Path" }],
      asked: [{ path: "/a" }, { path: "/b" }],
    },
    { rule: "place of a value", key: [...header, ...query], asked: [field("a"), { target: "/?q=a" }] },
  ])("R counts requests alone by $rule", ({ key, asked: [one, other] }) => {
    expect(bucketOf(key, one)).not.toBe(bucketOf(key, other));
  });

  it("R counts for each zone alone", () => {
    const limits = ["shop/api", "shop/other"].map((zone) => keyedLimit({ ...POLICY, zone }));
    expect(new Set(bucketUses(limits, request({})).map(({ bucket }) => bucket)).size).toBe(2);
  });

  it("R has the same length for every key", () => {
    expect(bucketOf(header, field("x".repeat(60_000)))).toHaveLength(bucketOf([], {}).length);
  });
});
