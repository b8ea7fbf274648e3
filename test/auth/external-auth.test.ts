import { describe, expect, it } from "vitest";
import { authQuestion, type QuestionedRequest } from "#src/auth/auth-question.ts";
import { verdictOf } from "#src/auth/auth-verdict.ts";
import { cacheMs } from "#src/auth/cache-ms.ts";
import { expandKey, expandUrl } from "#src/auth/expand-url.ts";
import type { ExternalAuth } from "#src/auth/external-auth.ts";
import { signInLocation } from "#src/auth/sign-in-location.ts";
import { parseTemplate, type RequestTemplate } from "#src/model/annotations/request-template.ts";

function template(text: string): RequestTemplate {
  const parts = parseTemplate(text);
  if (typeof parts === "string") throw new Error(parts);
  return parts;
}

function requestOf(more: Partial<QuestionedRequest> = {}): QuestionedRequest {
  const fields = more.fields ?? [];
  return {
    host: "shop.example.com",
    hostField: "Shop.example.com:8443",
    authority: "Shop.example.com:8443",
    isSecure: true,
    method: "POST",
    target: "/cart?item=1&x=a b".replace(" ", "%20"),
    path: "/cart",
    remoteAddress: "192.0.2.7",
    hops: 0,
    fields,
    field: (name) =>
      fields
        .filter(([one]) => one.toLowerCase() === name)
        .map(([, value]) => value)
        .join(", "),
    ...more,
  };
}

const AUTH: ExternalAuth = {
  url: { scheme: "http", host: "auth.test", port: 80, target: template("/check") },
  method: "GET",
  signIn: undefined,
  responseHeaders: [],
  setHeaders: undefined,
  requestRedirect: undefined,
  alwaysSetsCookie: false,
  cacheKey: undefined,
  place: "default/shop Prefix /",
  cacheDurations: [],
};

describe("expandUrl()", () => {
  it.each([
    { text: "$host", value: "shop.example.com" },
    { text: "$http_host", value: "Shop.example.com:8443" },
    { text: "${scheme}://$best_http_host$uri", value: "https://Shop.example.com:8443/cart" },
    { text: "$request_method $remote_addr", value: "POST%20192.0.2.7" },
    { text: "$request_uri", value: "/cart?item=1&x=a%20b" },
    { text: "$escaped_request_uri", value: "%2Fcart%3Fitem%3D1%26x%3Da%2520b" },
    { text: "$args|$query_string", value: "item=1&x=a%20b|item=1&x=a%20b" },
    { text: "$arg_ITEM-$arg_none", value: "1-" },
    { text: "$cookie_session", value: "abc=d" },
    {
      text: "$http_x_team",
      value: "r\xc3\xa9d".replaceAll(/[\xc3\xa9]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    },
    { text: "$remote_user", value: "alice" },
  ])("$text becomes $value", ({ text, value }) => {
    const fields = [
      ["Cookie", "a=b; session=abc=d; session=second"],
      ["X-Team", "r\xc3\xa9d"],
      ["Authorization", `Basic ${Buffer.from("alice:secret").toString("base64")}`],
    ] as const;
    expect(expandUrl(template(text), requestOf({ fields }))).toBe(value);
  });
});

describe("expandKey()", () => {
  it("tells requests apart whose values only run together alike", () => {
    const key = template("$http_a$http_b");
    const one = expandKey(key, requestOf({ fields: [["A", "xy"]] }));
    expect(
      expandKey(
        key,
        requestOf({
          fields: [
            ["A", "x"],
            ["B", "y"],
          ],
        }),
      ),
    ).not.toBe(one);
  });
});

describe("signInLocation()", () => {
  it.each([
    {
      url: "https://sso.test/start",
      location: "https://sso.test/start?rd=https://Shop.example.com:8443%2Fcart%3Fitem%3D1%26x%3Da%2520b",
    },
    {
      url: "https://sso.test/start?app=1",
      location: "https://sso.test/start?app=1&rd=https://Shop.example.com:8443%2Fcart%3Fitem%3D1%26x%3Da%2520b",
    },
    {
      url: "https://$host/start?rd=$escaped_request_uri",
      location: "https://shop.example.com/start?rd=%2Fcart%3Fitem%3D1%26x%3Da%2520b",
    },
  ])("$url", ({ url, location }) => {
    expect(signInLocation({ url: template(url), redirectParam: "rd" }, requestOf())).toBe(location);
  });

  it("names the return address as it is told to", () => {
    const { target, authority } = { target: "/", authority: "a.com" };
    const location = signInLocation(
      { url: template("https://sso.test/"), redirectParam: "next" },
      requestOf({ target, authority }),
    );
    expect(location).toBe("https://sso.test/?next=https://a.com%2F");
  });

  it("lets no host add an argument to the sign-in URL", () => {
    const location = signInLocation(
      { url: template("https://sso.test/"), redirectParam: "rd" },
      requestOf({ authority: "a&admin=1.com" }),
    );
    expect(location).toContain("rd=https://a%26admin%3D1.com%2Fcart");
  });
});

describe("authQuestion()", () => {
  it("says what was asked for, as ingress-nginx does", () => {
    const { fields, ...question } = authQuestion(AUTH, requestOf());
    expect(question).toEqual({ scheme: "http", host: "auth.test", port: 80, method: "GET", target: "/check" });
    expect(Object.fromEntries(fields)).toEqual({
      Host: "auth.test",
      "X-Original-URL": "https://Shop.example.com:8443/cart?item=1&x=a%20b",
      "X-Original-URI": "/cart?item=1&x=a%20b",
      "X-Original-Method": "POST",
      "X-Sent-From": "hawser",
      "X-Real-IP": "192.0.2.7",
      "X-Forwarded-For": "192.0.2.7",
      "X-Forwarded-Host": "Shop.example.com:8443",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Method": "POST",
      "X-Forwarded-Uri": "/cart?item=1&x=a%20b",
      "X-Scheme": "https",
      "X-Auth-Request-Redirect": "/cart?item=1&x=a%20b",
      "X-Hawser-Hops": "1",
    });
  });

  it("passes on the client's fields, but none about the body, conditions or itself", () => {
    const passed = [
      ["Cookie", "a=b"],
      ["Authorization", "Bearer x"],
      ["Accept", "text/html"],
    ] as const;
    const left = [
      "If-None-Match",
      "if-modified-since",
      "Range",
      "Content-Length",
      "Expect",
      "X-Original-Something",
      "X-Auth-Request-Redirect",
      "X-Sent-From",
    ];
    const fields = [...left.map((name) => [name, "spoofed"] as const), ...passed];
    const asked = authQuestion(AUTH, requestOf({ fields })).fields;
    expect(asked).toEqual(expect.arrayContaining(passed.map((pair) => [...pair])));
    expect(asked.filter(([, value]) => value === "spoofed")).toEqual([]);
  });

  it.each([
    {
      name: "the host of the request",
      url: { ...AUTH.url, host: undefined },
      host: "shop.example.com",
      field: "shop.example.com",
    },
    { name: "a port", url: { ...AUTH.url, port: 4180 }, host: "auth.test", field: "auth.test:4180" },
    { name: "an address", url: { ...AUTH.url, host: "fd00::1", port: 4180 }, host: "fd00::1", field: "[fd00::1]:4180" },
  ])("asks $name", ({ url, host, field }) => {
    const question = authQuestion({ ...AUTH, url }, requestOf());
    expect(question.host).toBe(host);
    expect(Object.fromEntries(question.fields)["Host"]).toBe(field);
  });

  it("says that a question by POST has no body", () => {
    expect(authQuestion({ ...AUTH, method: "POST" }, requestOf()).fields).toContainEqual(["Content-Length", "0"]);
  });
});

describe("verdictOf()", () => {
  it.each([
    { status: 200, kind: "pass" },
    { status: 204, kind: "pass" },
    { status: 299, kind: "pass" },
    { status: 401, kind: "refuse" },
    { status: 403, kind: "refuse" },
    { status: 101, kind: "fail" },
    { status: 300, kind: "fail" },
    { status: 302, kind: "fail" },
    { status: 304, kind: "fail" },
    { status: 400, kind: "fail" },
    { status: 404, kind: "fail" },
    { status: 407, kind: "fail" },
    { status: 500, kind: "fail" },
    { status: 503, kind: "fail" },
    { status: 0, kind: "fail" },
  ])("takes $status for $kind", ({ status, kind }) => {
    expect(verdictOf({ status, fields: [] }, []).kind).toBe(kind);
  });

  it("passes on the named fields of the answer, each once, and its cookies", () => {
    const fields = [
      ["X-Auth-Request-User", "alice"],
      ["x-auth-request-groups", "a"],
      ["X-Auth-Request-Groups", "b"],
      ["X-Other", "no"],
      ["Set-Cookie", "s=1; Path=/"],
    ] as const;
    expect(verdictOf({ status: 200, fields }, ["x-auth-request-user", "x-auth-request-groups", "x-missing"])).toEqual({
      kind: "pass",
      fields: [
        ["x-auth-request-user", "alice"],
        ["x-auth-request-groups", "a, b"],
      ],
      cookies: ["s=1; Path=/"],
    });
  });

  it("does not trust an answer with control characters, or with very many cookies", () => {
    expect(verdictOf({ status: 200, fields: [["X-User", "a\r\nX-Admin: 1"]] }, ["x-user"])).toEqual({ kind: "fail" });
    const fields = Array.from({ length: 33 }, () => ["Set-Cookie", "a=b"] as const);
    expect(verdictOf({ status: 200, fields }, [])).toEqual({ kind: "fail" });
  });
});

describe("cacheMs()", () => {
  const durations = [
    { statuses: [200, 202], ms: 300_000 },
    { statuses: [401], ms: 30_000 },
    { statuses: "any", ms: 1_000 },
  ] as const;

  it.each([
    { name: "a status that is named", answer: { status: 202, fields: [] }, ms: 300_000 },
    { name: "another one that is named", answer: { status: 401, fields: [] }, ms: 30_000 },
    { name: "any other", answer: { status: 403, fields: [] }, ms: 1_000 },
    {
      name: "an answer that counts for less time",
      answer: { status: 200, fields: [["Cache-Control", "public, max-age=10"]] },
      ms: 10_000,
    },
    {
      name: "one that counts for longer",
      answer: { status: 200, fields: [["Cache-Control", "max-age=3600"]] },
      ms: 300_000,
    },
    { name: "one that is not to be kept", answer: { status: 200, fields: [["cache-control", "No-Store"]] }, ms: 0 },
    { name: "one that is for one client", answer: { status: 200, fields: [["Cache-Control", "private"]] }, ms: 0 },
    { name: "one that sets a cookie", answer: { status: 200, fields: [["Set-Cookie", "a=b"]] }, ms: 0 },
    { name: "one that differs by anything", answer: { status: 200, fields: [["Vary", "*"]] }, ms: 0 },
  ] as const)("of $name: $ms", ({ answer, ms }) => {
    expect(cacheMs(answer, durations)).toBe(ms);
  });

  it("keeps nothing where no status fits", () => {
    expect(cacheMs({ status: 500, fields: [] }, [{ statuses: [200], ms: 1 }])).toBe(0);
  });
});
