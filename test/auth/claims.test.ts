import { describe, expect, it } from "vitest";
import { claimFields } from "#src/auth/claim-fields.ts";
import { claimTexts } from "#src/auth/claim-value.ts";
import { hasScopes, meetsClaimRules } from "#src/auth/meets-claim-rules.ts";

const CLAIMS = JSON.parse(`{
  "sub": "ann", "email_verified": true, "level": 3, "name": "Jürgen", "odd": "a\\r\\nX-Admin: 1", "both": "a,b", "empty": "", "no": null,
  "groups": ["admins", "a,b", 7, null, { "x": 1 }],
  "realm_access": { "roles": ["editor"] }, "https://a.com/roles": ["owner"], "a.b": "whole", "a": { "b": "inner" },
  "scope": "read write", "map": { "x": "y" }, "__proto__": { "admin": "yes" }
}`) as Readonly<Record<string, unknown>>;

describe("claimTexts()", () => {
  it.each<[string, readonly string[]]>([
    ["sub", ["ann"]],
    ["email_verified", ["true"]],
    ["level", ["3"]],
    ["groups", ["admins", "a,b", "7"]],
    ["realm_access.roles", ["editor"]],
    ["https://a.com/roles", ["owner"]],
    ["a.b", ["whole"]],
    ["map", []],
    ["map.x", ["y"]],
    ["map.x.length", []],
    ["no", []],
    ["none", []],
    ["constructor", []],
    ["toString.name", []],
    ["admin", []],
  ])("of %s", (name, texts) => {
    expect(claimTexts(CLAIMS, name)).toEqual(texts);
  });
});

describe("meetsClaimRules()", () => {
  it.each<[string, readonly (readonly [string, ...string[]])[], boolean]>([
    ["no rule", [], true],
    ["one of the values", [["sub", "bob", "ann"]], true],
    ["an element of a list", [["groups", "admins"]], true],
    [
      "all rules",
      [
        ["sub", "ann"],
        ["level", "3"],
      ],
      true,
    ],
    [
      "one rule of two",
      [
        ["sub", "ann"],
        ["level", "4"],
      ],
      false,
    ],
    ["a part of a value", [["sub", "an"]], false],
    ["another case", [["sub", "Ann"]], false],
    ["a claim that is missing", [["none", "ann"]], false],
    ["a claim that is null, as text", [["no", "null"]], false],
    ["the texts of a list together", [["groups", "admins,a,b,7"]], false],
  ])("with %s", (_name, rules, isMet) => {
    expect(
      meetsClaimRules(
        CLAIMS,
        rules.map(([name, ...values]) => ({ name, values })),
      ),
    ).toBe(isMet);
  });

  it.each([
    [[], true],
    [["read"], true],
    [["write", "read"], true],
    [["read", "delete"], false],
    [["read write"], false],
  ])("scopes %j", (scopes, isGiven) => {
    expect(hasScopes(CLAIMS, scopes)).toBe(isGiven);
    expect(hasScopes({ scp: ["read", "write"] }, scopes)).toBe(isGiven);
  });
});

describe("claimFields()", () => {
  it.each([
    ["sub", "ann"],
    ["email_verified", "true"],
    ["name", "J\u00c3\u00bcrgen"],
    ["both", "a,b"],
    ["groups", "admins,7"],
    ["odd", undefined],
    ["empty", undefined],
    ["map", undefined],
    ["none", undefined],
  ])("%s is %j", (claim, value) => {
    const fields = claimFields(CLAIMS, [{ claim, header: "X-Claim" }]);
    expect(fields).toEqual(value === undefined ? [] : [["X-Claim", value]]);
  });

  it("leaves out a value that no head has room for", () => {
    expect(claimFields({ sub: "a".repeat(4_097) }, [{ claim: "sub", header: "X" }])).toEqual([]);
  });
});
