import { describe, expect, it } from "vitest";
import { hashText } from "#src/balancing/hash-text.ts";
import { UPSTREAM_HASH_BY } from "#src/model/annotations/upstream-hash-by.ts";
import { hashOfRequest } from "#ingress/engine/endpoints/hash-of-request.ts";
import { hashedRequest } from "#test/support/hashed-request.ts";

const REQUEST = hashedRequest("/Shop/?id=7&Ref=x%20y&id=8#top", [
  "X-User: ann",
  "x-user: bob",
  "X_Under: hidden",
  "Cookie: a=1; Session=s%3D2 ; b=; empty",
  "Cookie: second=2",
]);

function hashBy(text: string, request = REQUEST): number | undefined {
  const parts = UPSTREAM_HASH_BY.served.parse({
    value: text,
    holder: { kind: "Ingress", name: "shop/web" } as never,
    path: "",
    problems: [],
  });
  return hashOfRequest(parts ?? [], request);
}

describe("hashOfRequest()", () => {
  it.each([
    { text: "$request_uri", value: "/Shop/?id=7&Ref=x%20y&id=8" },
    { text: "$uri", value: "/Shop/" },
    { text: "$args", value: "id=7&Ref=x%20y&id=8" },
    { text: "$query_string", value: "id=7&Ref=x%20y&id=8" },
    { text: "$remote_addr", value: "198.51.100.7" },
    { text: "$binary_remote_addr", value: "198.51.100.7" },
    { text: "$host", value: "a.com" },
    { text: "$scheme", value: "http" },
    { text: "$request_method", value: "GET" },
    { text: "$arg_id", value: "7" },
    { text: "$arg_ref", value: "x%20y" },
    { text: "$http_x_user", value: "ann, bob" },
    { text: "$HTTP_X_User", value: "ann, bob" },
    { text: "$cookie_session", value: "s%3D2" },
    { text: "$cookie_second", value: "2" },
    { text: "${host}/${arg_id}-$scheme", value: "a.com/7-http" },
  ])("takes $text for $value", ({ text, value }) => {
    expect(hashBy(text)).toBe(hashText(value));
  });

  it.each(["$http_x_none", "$http_x_under", "$cookie_b", "$cookie_empty", "$arg_none", "user-$http_x_none"])(
    "has no hash by %s, which is empty",
    (text) => {
      expect(hashBy(text)).toBeUndefined();
    },
  );

  it("finds no argument where there is no query", () => {
    expect(hashBy("$args", hashedRequest("/shop"))).toBeUndefined();
    expect(hashBy("$arg_id", hashedRequest("/shop"))).toBeUndefined();
  });
});
