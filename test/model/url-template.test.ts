import { describe, expect, it } from "vitest";
import { parseUrlTemplate } from "#src/model/url-template.ts";

const WRONG_START = "it begins neither with http://, https:// or $scheme://, nor with one /";
const WRONG_CHARACTER = "it has a blank, a backslash or a character that is not ASCII";

describe("parseUrlTemplate()", () => {
  it.each([
    { text: "/shop", template: ["/shop"] },
    { text: "https://b.com/x?y=1", template: ["https://b.com/x?y=1"] },
    { text: "HTTP://b.com", template: ["HTTP://b.com"] },
    { text: "https://b.com$request_uri", template: ["https://b.com", { variable: "request_uri" }] },
    {
      text: "$scheme://new.${host}/x$is_args$args",
      template: [
        { variable: "scheme" },
        "://new.",
        { variable: "host" },
        "/x",
        { variable: "is_args" },
        { variable: "args" },
      ],
    },
  ])("reads $text", ({ text, template }) => {
    expect(parseUrlTemplate(text)).toEqual(template);
  });

  it.each([
    { text: "", why: WRONG_CHARACTER },
    { text: "b.com", why: WRONG_START },
    { text: "//b.com", why: WRONG_START },
    { text: "/\\b.com", why: WRONG_CHARACTER },
    { text: "https://", why: WRONG_START },
    { text: "https:///x", why: WRONG_START },
    { text: "javascript:alert(1)", why: WRONG_START },
    { text: "$host/x", why: WRONG_START },
    { text: "/a b", why: WRONG_CHARACTER },
    { text: "/a\r\nSet-Cookie: x", why: WRONG_CHARACTER },
    { text: "/caf\u00e9", why: WRONG_CHARACTER },
    { text: `/${"x".repeat(2_048)}`, why: "it has more than 2048 characters" },
    { text: "/$http_cookie", why: /^\$http_cookie is not one of \$scheme, / },
    { text: "/${host", why: /^\$ is not one of / },
    { text: "/$", why: /^\$ is not one of / },
    { text: "/$1", why: /^\$1 is not one of / },
  ])("cannot use $text", ({ text, why }) => {
    expect(parseUrlTemplate(text)).toEqual({ why: typeof why === "string" ? why : expect.stringMatching(why) });
  });
});
