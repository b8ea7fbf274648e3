import { describe, expect, it } from "vitest";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { answering, ask, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

/** Status and location of the answer, or what the endpoint says. */
async function answerTo(annotations: Readonly<Record<string, string>>, request: string, path = "/"): Promise<string> {
  await using endpoint = await startEndpoint(answering("served"));
  const ingresses = [annotatedIngress(annotations, "i", { path })];
  await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
  const answer = await ask(proxy.port, `${request}\r\nConnection: close\r\n\r\n`);
  const location = /\r\nLocation: (.*)\r\n/.exec(answer)?.[1];
  return location === undefined
    ? answer.split("\r\n").at(-1)!
    : `${answer.slice("HTTP/1.1 ".length).slice(0, 3)} ${location}`;
}

const GET = "GET /x//y/?z=1 HTTP/1.1\r\nHost: A.com:8080";

describe("permanent-redirect and temporal-redirect", () => {
  it.each([
    { annotations: { "permanent-redirect": "https://b.com/" }, answer: "301 https://b.com/" },
    { annotations: { "permanent-redirect": "https://b.com$request_uri" }, answer: "301 https://b.com/x//y/?z=1" },
    { annotations: { "permanent-redirect": "$scheme://$host$uri" }, answer: "301 http://a.com/x/y/" },
    { annotations: { "permanent-redirect": "https://b.com/?$args" }, answer: "301 https://b.com/?z=1" },
    { annotations: { "permanent-redirect": "/new" }, answer: "301 http://A.com:8080/new" },
    { annotations: { "permanent-redirect": "/new", "relative-redirects": "true" }, answer: "301 /new" },
    {
      annotations: { "permanent-redirect": "/new", "permanent-redirect-code": "308" },
      answer: "308 http://A.com:8080/new",
    },
    {
      annotations: { "permanent-redirect": "/new", "permanent-redirect-code": "200" },
      answer: "301 http://A.com:8080/new",
    },
    { annotations: { "temporal-redirect": "https://b.com" }, answer: "302 https://b.com" },
    {
      annotations: { "temporal-redirect": "https://b.com", "temporal-redirect-code": "307" },
      answer: "307 https://b.com",
    },
    {
      annotations: { "temporal-redirect": "https://b.com", "permanent-redirect": "https://c.com" },
      answer: "302 https://b.com",
    },
    {
      annotations: { "permanent-redirect": "/new", "force-ssl-redirect": "true" },
      answer: "301 http://A.com:8080/new",
    },
    { annotations: { "permanent-redirect": "/$http_cookie" }, answer: "503 Service Unavailable\n" },
    { annotations: { "permanent-redirect": "ftp://b.com" }, answer: "503 Service Unavailable\n" },
  ])("D2 $annotations: $answer", async ({ annotations, answer }) => {
    expect(await answerTo(annotations as Readonly<Record<string, string>>, GET)).toBe(answer);
  });

  it.each([
    { location: "/$request_uri", target: "//b.com/x?z", answer: "301 /b.com/x?z" },
    { location: "/$uri", target: "/b.com", answer: "301 /b.com" },
    { location: "/$uri", target: "/\\b.com", answer: "301 /b.com" },
    { location: "/$args", target: "/?/b.com", answer: "301 /b.com" },
  ])("D2 leads to no other host than was written: $location for $target", async ({ location, target, answer }) => {
    const annotations = { "permanent-redirect": location, "relative-redirects": "true" };
    expect(await answerTo(annotations, `GET ${target} HTTP/1.1\r\nHost: a.com`)).toBe(answer);
  });

  it("D2 cannot be split by what a client asks", async () => {
    const request = "GET /%0d%0aX:y?%0d%0a HTTP/1.1\r\nHost: a.com";
    expect(await answerTo({ "permanent-redirect": "https://b.com$uri$is_args$args" }, request)).toBe(
      "301 https://b.com/%0D%0AX:y?%0d%0a",
    );
  });
});

describe("app-root", () => {
  it.each([
    { target: "/", answer: "302 http://a.com/shop" },
    { target: "/./?x=1", answer: "302 http://a.com/shop" },
    { target: "/x", answer: "served" },
  ])("D2 redirects the root alone: $target", async ({ target, answer }) => {
    expect(await answerTo({ "app-root": "/shop" }, `GET ${target} HTTP/1.1\r\nHost: a.com`)).toBe(answer);
  });

  it("D2 also where the Ingress has no such path", async () => {
    expect(await answerTo({ "app-root": "/shop" }, "GET / HTTP/1.1\r\nHost: a.com", "/shop")).toBe(
      "302 http://a.com/shop",
    );
  });
});

describe("from-to-www-redirect", () => {
  it.each([
    { host: "www.a.com", answer: "308 http://a.com/x?y" },
    { host: "a.com", answer: "served" },
    { host: "www.www.a.com", answer: "404 Not Found\n" },
  ])("D2 $host: $answer", async ({ host, answer }) => {
    expect(await answerTo({ "from-to-www-redirect": "true" }, `GET /x?y HTTP/1.1\r\nHost: ${host}`)).toBe(answer);
  });
});
