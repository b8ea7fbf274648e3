import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostOf } from "#src/routing/host.ts";

/** What an authority is, in one expression: nothing here knows of forms that are read faster. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9\-._~%!$&'()+,;=]+?)\.?(?::(\d{0,5}))?$/;
const hostByExpression = (authority: string): string | undefined => AUTHORITY.exec(authority.toLowerCase())?.[1];

describe("hostOf()", () => {
  it.each([
    { authority: "shop.example.com", host: "shop.example.com" },
    { authority: "shop.example.com:8080", host: "shop.example.com" },
    { authority: "Shop.Example.com:8080", host: "shop.example.com" },
    { authority: "shop.example.com.", host: "shop.example.com" },
    { authority: "shop.example.com.:80", host: "shop.example.com" },
    { authority: "shop:", host: "shop" },
    { authority: "shop:99999", host: "shop" },
    { authority: "shop:100000", host: undefined },
    { authority: "shop:8o", host: undefined },
    { authority: "shop:80:80", host: undefined },
    { authority: "[2001:db8::1]:80", host: "[2001:db8::1]" },
    { authority: "user@shop", host: undefined },
    { authority: "shop/path", host: undefined },
    { authority: ":80", host: undefined },
    { authority: ".", host: hostByExpression(".") },
    { authority: "", host: undefined },
    { authority: "a".repeat(260), host: "a".repeat(260) },
    { authority: "a".repeat(261), host: undefined },
  ])("reads $authority as $host", ({ authority, host }) => expect(hostOf(authority)).toBe(host));

  it("reads what is usual as it reads all else", () => {
    const piece = fc.constantFrom("a", "Z", "0", "9", ".", ":", "-", "_", "[", "]", "~", "@", "é", "%", "80");
    const authority = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    const isSame = fc.property(authority, (text) => {
      expect(hostOf(text)).toBe(hostByExpression(text));
    });
    fc.assert(isSame, { numRuns: 2_000 });
  });
});
