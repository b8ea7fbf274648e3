import { describe, expect, it } from "vitest";
import { findToken } from "#src/auth/jwt/find-token.ts";
import type { TokenPlaces } from "#src/model/policies/token-places.ts";

const BEARER = { name: "authorization", prefix: "bearer " };
const PLACES: TokenPlaces = {
  headers: [BEARER, { name: "x-token", prefix: "" }],
  cookies: ["session"],
  params: ["access_token"],
};

type Fields = Readonly<Record<string, readonly string[]>>;

describe("findToken()", () => {
  it.each<[string, Fields, string, string]>([
    ["nothing", {}, "/", "none"],
    ["Bearer", { authorization: ["Bearer abc"] }, "/", "abc"],
    ["another case, and blanks", { authorization: ["bEARER   abc"] }, "/", "abc"],
    ["another scheme", { authorization: ["Basic abc"] }, "/", "none"],
    ["a scheme without a token", { authorization: ["Bearer"] }, "/", "none"],
    ["two fields", { authorization: ["Bearer abc", "Bearer abc"] }, "/", "many"],
    ["another scheme besides", { authorization: ["Basic x", "Bearer abc"] }, "/", "many"],
    ["a field of its own", { "x-token": ["abc"] }, "/", "abc"],
    ["a cookie", { cookie: ["a=b; session=abc"] }, "/", "abc"],
    ["a cookie in quotation marks", { cookie: ['session="abc"'] }, "/", "abc"],
    ["a cookie whose name only ends so", { cookie: ["my-session=abc"] }, "/", "none"],
    ["two cookies that differ", { cookie: ["session=abc; session=abd"] }, "/", "many"],
    ["the query", {}, "/a?x=1&access_token=abc", "abc"],
    ["two arguments that differ", {}, "/?access_token=abc&access_token=x", "many"],
    ["the path", {}, "/access_token=abc", "none"],
    ["the same in two places", { authorization: ["Bearer abc"], cookie: ["session=abc"] }, "/", "abc"],
    ["different ones in two places", { authorization: ["Bearer abc"] }, "/?access_token=x", "many"],
  ])("with %s", (_name, fields, target, expected) => {
    const found = findToken(PLACES, { target, valuesOf: (name) => fields[name] ?? [] });
    expect(found.kind === "one" ? found.token : found.kind).toBe(expected);
  });
});
