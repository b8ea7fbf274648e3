import { describe, expect, it } from "vitest";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { answering, ask, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

const GET = "GET /p?a=7 HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const SECURE = '/ "/; Secure; SameSite=strict"';

const cases = [
  {
    name: "proxy-cookie-domain",
    rule: "b.local a.com",
    line: "Set-Cookie: x=b.local; Domain=b.local; Path=/",
    expected: "Set-Cookie: x=b.local; Domain=a.com; Path=/",
  },
  {
    name: "proxy-cookie-domain",
    rule: ".B.Local .a.com",
    line: "Set-Cookie: x=1; domain=.b.LOCAL",
    expected: "Set-Cookie: x=1; domain=.a.com",
  },
  {
    name: "proxy-cookie-domain",
    rule: "b.local a.com",
    line: "Set-Cookie: x=1; Domain=x.b.local",
    expected: "Set-Cookie: x=1; Domain=x.b.local",
  },
  {
    name: "proxy-cookie-domain",
    rule: "off",
    line: "Set-Cookie: x=1; Domain=b.local",
    expected: "Set-Cookie: x=1; Domain=b.local",
  },
  {
    name: "proxy-cookie-path",
    rule: "/app/ /",
    line: "Set-Cookie: x=1; Path=/app/y; HttpOnly",
    expected: "Set-Cookie: x=1; Path=/y; HttpOnly",
  },
  {
    name: "proxy-cookie-path",
    rule: "/app /",
    line: "Set-Cookie: x=1; path=/APP",
    expected: "Set-Cookie: x=1; path=/APP",
  },
  {
    name: "proxy-cookie-path",
    rule: SECURE,
    line: "Set-Cookie: x=1; Path=/",
    expected: "Set-Cookie: x=1; Path=/; Secure; SameSite=strict",
  },
  { name: "proxy-cookie-path", rule: "/ /new/", line: "Set-Cookie: path=/; a", expected: "Set-Cookie: path=/; a" },
  { name: "proxy-cookie-path", rule: "/app/ /", line: "Set-Cookie: x=1", expected: "Set-Cookie: x=1" },
  {
    name: "proxy-redirect",
    rule: "http://b.local/ https://a.com/",
    line: "Location: http://b.local/x?y",
    expected: "Location: https://a.com/x?y",
  },
  {
    name: "proxy-redirect",
    rule: "http://b.local /base",
    line: "Location: http://b.local/x",
    expected: "Location: /base/x",
  },
  { name: "proxy-redirect", rule: "/ /base/", line: "Location: /x", expected: "Location: /base/x" },
  {
    name: "proxy-redirect",
    rule: "http://b.local/ https://a.com/",
    line: "Location: http://B.local/x",
    expected: "Location: http://B.local/x",
  },
  {
    name: "proxy-redirect",
    rule: "http://b.local/ https://a.com/",
    line: "Location: x/http://b.local/",
    expected: "Location: x/http://b.local/",
  },
  {
    name: "proxy-redirect",
    rule: "http://b.local/ https://a.com/",
    line: "Refresh: 5; url=http://b.local/z",
    expected: "Refresh: 5; url=https://a.com/z",
  },
  {
    name: "proxy-cookie-domain",
    rule: "~^(.*)\\.b\\.local$ $1.a.com",
    line: "Set-Cookie: x=1; Domain=X.B.Local; Path=/",
    expected: "Set-Cookie: x=1; Domain=X.a.com; Path=/",
  },
  {
    name: "proxy-cookie-domain",
    rule: "~b.local $host",
    line: "Set-Cookie: x=1; Domain=.x.b.local",
    expected: "Set-Cookie: x=1; Domain=a.com",
  },
  {
    name: "proxy-cookie-domain",
    rule: "$host b.com",
    line: "Set-Cookie: x=1; Domain=A.com",
    expected: "Set-Cookie: x=1; Domain=b.com",
  },
  {
    name: "proxy-cookie-path",
    rule: "~^/app/(\\w+)(/?) /$1",
    line: "Set-Cookie: x=1; Path=/app/shop/cart; HttpOnly",
    expected: "Set-Cookie: x=1; Path=/shop; HttpOnly",
  },
  {
    name: "proxy-cookie-path",
    rule: "~^/app(.*)$ /$1",
    line: "Set-Cookie: x=1; Path=/APP/y",
    expected: "Set-Cookie: x=1; Path=/APP/y",
  },
  {
    name: "proxy-cookie-path",
    rule: "~*^/app(.*)$ $1$12",
    line: "Set-Cookie: x=1; Path=/APP/y",
    expected: "Set-Cookie: x=1; Path=/y/y2",
  },
  {
    name: "proxy-cookie-path",
    rule: '"~^(/[a-z]{3})/?$" "$1; SameSite=Lax"',
    line: "Set-Cookie: x=1; path=/abc/",
    expected: "Set-Cookie: x=1; path=/abc; SameSite=Lax",
  },
  {
    name: "proxy-redirect",
    rule: "~^http://[^/]+/(.*)$ $scheme://$http_host/$1?from=$arg_a&m=$request_method",
    line: "Location: http://b.local/x?y",
    expected: "Location: http://a.com/x?y?from=7&m=GET",
  },
  {
    name: "proxy-redirect",
    rule: "http://$host/ https://$host/",
    line: "Location: http://a.com/x",
    expected: "Location: https://a.com/x",
  },
  {
    name: "proxy-redirect",
    rule: "~*^HTTP://b\\.local(:\\d+)?/ https://a.com/${uri}",
    line: "Location: http://b.local:8080/x/y",
    expected: "Location: https://a.com//p",
  },
  {
    name: "proxy-redirect",
    rule: "~ab*c /found",
    line: "Location: http://x/abbbc/rest",
    expected: "Location: /found",
  },
  {
    name: "proxy-redirect",
    rule: "~^https:(.*) $1",
    line: "Refresh: 5; url=https://b.local/z",
    expected: "Refresh: 5; url=//b.local/z",
  },
  {
    name: "proxy-redirect",
    rule: "http://b.local/ off",
    line: "Location: http://b.local/x",
    expected: "Location: http://b.local/x",
    isOurs: true,
  },
  {
    name: "proxy-redirect",
    rule: "default /x",
    line: "Location: default",
    expected: "Location: default",
    isOurs: true,
  },
];

function annotationsOf({
  name,
  rule,
}: {
  readonly name: string;
  readonly rule: string;
}): Readonly<Record<string, string>> {
  if (name !== "proxy-redirect") return { [name]: rule };
  const [from = "", to = ""] = rule.split(" ");
  return { "proxy-redirect-from": from, "proxy-redirect-to": to };
}

/** An endpoint whose answer has these lines. */
async function startAnswering(...lines: readonly string[]) {
  const text = `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}Content-Length: 2\r\n\r\nok`;
  return await startEndpoint((socket) => socket.write(text));
}

/** The lines of a head whose names these are. */
function linesOf(answer: string, ...names: readonly string[]): readonly string[] {
  const head = answer.slice(0, answer.indexOf("\r\n\r\n")).split("\r\n");
  return head.filter((line) => names.some((name) => line.toLowerCase().startsWith(`${name}:`)));
}

describe("what is changed in answers", () => {
  it.each(cases)("D $name $rule: $line", async (given) => {
    const { line, expected } = given;
    await using endpoint = await startAnswering("X-First: 1", line, "X-Last: 1");
    const ingresses = [annotatedIngress(annotationsOf(given))];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const answer = await ask(proxy.port, GET);
    expect(linesOf(answer, "x-first", "set-cookie", "location", "refresh", "x-last")).toEqual([
      "X-First: 1",
      expected,
      "X-Last: 1",
    ]);
    expect(answer.endsWith("\r\n\r\nok")).toBe(true);
  });

  it("D changes each cookie, and adds no more than 8 KiB to all of them", async () => {
    const cookies = Array.from({ length: 60 }, (_, index) => `Set-Cookie: c${index}=1; Path=/`);
    await using endpoint = await startAnswering(...cookies);
    const ingresses = [annotatedIngress({ "proxy-cookie-path": `/ "/${"x".repeat(255)}"` })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const got = linesOf(await ask(proxy.port, GET), "set-cookie");
    expect([got.length, got.filter((line) => line.endsWith("x")).length]).toEqual([60, 32]);
  });

  it("D has room for the largest head with all that is added to it", async () => {
    const own = Array.from({ length: 47 }, (_, index) => `X-Own-${index}: ${"x".repeat(1_000)}`);
    const cookies = Array.from({ length: 40 }, (_, index) => `Set-Cookie: c${index}=1; Path=/`);
    await using endpoint = await startAnswering(...own, ...cookies);
    const lists = {
      "cors-allow-headers": "X".repeat(4_096),
      "cors-expose-headers": "Y".repeat(4_096),
      "cors-allow-methods": "G".repeat(1_024),
    };
    const annotations = { "proxy-cookie-path": `/ "/${"x".repeat(255)}"`, "enable-cors": "true", ...lists };
    const ingresses = [annotatedIngress({ ...annotations, "proxy-buffer-size": "48k" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const answer = await ask(proxy.port, GET);
    expect(answer.length).toBeGreaterThan(65_536);
    expect(linesOf(answer, "x-own-45", "access-control-max-age")).toHaveLength(2);
    expect(answer.endsWith("\r\n\r\nok")).toBe(true);
  });

  it.each([
    "/a",
    "/a /b /c",
    '/a "/b',
    `/ /${"x".repeat(256)}`,
    "/a /b;",
    "/a $1",
    "/a $upstream_addr",
    "/a /b$",
    "~ /b",
    "~(/ /b",
    "~^(?=/a) /b",
    `~${"a".repeat(513)} /b`,
  ])("D leaves answers as they are where it cannot read %s", async (rule) => {
    const ingress = annotatedIngress({ "proxy-cookie-path": rule, "proxy-cookie-domain": rule });
    expect(ingress.settings).toEqual({});
    expect(ingress.closed).toBeUndefined();
  });

  it("D leaves values that cost too many steps as they are, and is linear in the others", async () => {
    const cookies = Array.from({ length: 25 }, (_, index) => `Set-Cookie: c${index}=1; Path=/${"a".repeat(900)}`);
    await using endpoint = await startAnswering(...cookies, "Set-Cookie: long=1; Path=/" + "a".repeat(1_100));
    const ingresses = [annotatedIngress({ "proxy-cookie-path": "~^/(a|aa)+$ /", "proxy-buffer-size": "48k" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const got = linesOf(await ask(proxy.port, GET), "set-cookie").map((line) => line.endsWith("Path=/"));
    const changed = got.lastIndexOf(true) + 1;
    expect(got).toHaveLength(26);
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThan(25);
    expect(got.slice(0, changed).every(Boolean)).toBe(true);
  });

  it("D each request fills variables for its own answer", async () => {
    await using endpoint = await startEndpoint((socket) =>
      setTimeout(() => socket.write("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"), 50),
    );
    const ingresses = [annotatedIngress({ "proxy-redirect-from": "/", "proxy-redirect-to": "/$arg_a/" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const asked = ["1", "2", "3"].map(async (a) =>
      linesOf(await ask(proxy.port, GET.replace("a=7", `a=${a}`)), "location"),
    );
    expect(await Promise.all(asked)).toEqual([["Location: /1/x"], ["Location: /2/x"], ["Location: /3/x"]]);
  });

  it.skipIf(!hasNginx())("D what nginx changes in them", async () => {
    for (const { name, rule, line, expected } of cases.filter(({ isOurs = false }) => !isOurs)) {
      await using endpoint = await startAnswering(line);
      const location = `absolute_redirect off; ${name.replaceAll("-", "_")} ${rule};`;
      await using nginx = await startNginx({ endpointPort: endpoint.port, location });
      const got = linesOf(await ask(nginx.port, GET), "set-cookie", "location", "refresh");
      expect(got, `${rule} ${line}`).toEqual([expected]);
    }
  });
});

describe("connection-proxy-header", () => {
  it.each([
    { value: "keep-alive", line: "Connection: keep-alive" },
    { value: "Close", line: "Connection: close" },
    { value: "upgrade, x", line: undefined },
  ])("D $value: the Service gets $line", async ({ value, line }) => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [annotatedIngress({ "connection-proxy-header": value })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    expect(await ask(proxy.port, GET)).toContain("page");
    expect(linesOf(endpoint.received(), "connection")).toEqual(line === undefined ? [] : [line]);
  });
});
