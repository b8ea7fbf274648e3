import { describe, expect, it } from "vitest";
import { bearerChallenge } from "#src/auth/jwt/bearer-challenge.ts";

describe("bearerChallenge(), as RFC 6750 section 3 has it,", () => {
  it.each<[string, Parameters<typeof bearerChallenge>[1], string]>([
    ["names no error without a token", undefined, ""],
    [
      "says what is wrong with a token",
      { kind: "invalid_token", fault: "expired" },
      ', error="invalid_token", error_description="The token has expired"',
    ],
    [
      "says that there are several",
      { kind: "invalid_request" },
      ', error="invalid_request", error_description="The request has several tokens"',
    ],
    [
      "names the scopes",
      { kind: "insufficient_scope", scopes: ["a", "b"] },
      ', error="insufficient_scope", error_description="The token does not allow this request", scope="a b"',
    ],
    [
      "names no claims",
      { kind: "insufficient_scope", scopes: [] },
      ', error="insufficient_scope", error_description="The token does not allow this request"',
    ],
  ])("%s", (_name, error, expected) => {
    expect(bearerChallenge("a.com", error)).toBe(`Bearer realm="a.com"${expected}`);
  });
});
