import { describe, expect, it } from "vitest";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, openClient, startProxy, startEndpoint } from "#test/support/ingress-proxy.ts";

const ingresses = [
  ingressOf("tls", { "a.com": { "/": "s" } }, { tls: [{ hosts: ["a.com"], secretName: "cert" }] }),
  ingressOf("wild", { "x.b.com": { "/": "s" } }, { tls: [{ hosts: ["*.b.com"], secretName: "cert" }] }),
  ingressOf("all", { "c.com": { "/": "s" } }, { tls: [{ hosts: [], secretName: "cert" }] }),
  ingressOf("plain", { "d.com": { "/": "s" }, "": { "/": "s" } }),
  ingressOf(
    "never",
    { "never.com": { "/": "s" } },
    { tls: [{ hosts: [], secretName: "c" }], settings: { sslRedirect: false } },
  ),
  ingressOf(
    "with",
    { "with.com": { "/": "s" } },
    { tls: [{ hosts: [], secretName: "c" }], settings: { sslRedirect: true } },
  ),
  ingressOf("without", { "without.com": { "/": "s" } }, { settings: { sslRedirect: true } }),
  ingressOf("always", { "always.com": { "/": "s" } }, { settings: { forceSslRedirect: true } }),
];

async function locationOf(redirectsToHttps: boolean, request: string): Promise<string | undefined> {
  await using endpoint = await startEndpoint(answering("served"));
  await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
  Object.assign(proxy.engine, { redirectsToHttps });
  using client = openClient(proxy.port);
  client.send(request);
  const text = await client.until((got) => /served$|Redirect\n$|Service Unavailable\n$/.test(got));
  return /^HTTP\/1\.1 308 [^]*\r\nLocation: (.*)\r\n/.exec(text)?.[1];
}

describe("I-T15 a plain request", () => {
  it.each([
    { id: "", request: "GET /x?y=1 HTTP/1.1\r\nHost: A.com:8080\r\n\r\n", location: "https://a.com/x?y=1" },
    { id: "", request: "POST / HTTP/1.1\r\nHost: a.com.\r\nContent-Length: 0\r\n\r\n", location: "https://a.com/" },
    { id: "", request: "GET http://a.com?q HTTP/1.1\r\nHost: d.com\r\n\r\n", location: "https://a.com/?q" },
    { id: "", request: "GET /%0d%0aX:y HTTP/1.1\r\nHost: a.com\r\n\r\n", location: "https://a.com/%0d%0aX:y" },
    { id: "", request: "GET / HTTP/1.1\r\nHost: x.b.com\r\n\r\n", location: "https://x.b.com/" },
    { id: "", request: "GET //evil.com HTTP/1.1\r\nHost: c.com\r\n\r\n", location: "https://c.com//evil.com" },
    { id: "", request: "GET / HTTP/1.1\r\nHost: d.com\r\n\r\n", location: undefined },
    { id: "", request: "GET / HTTP/1.0\r\n\r\n", location: undefined },
    { id: "", request: "GET /.well-known/acme-challenge/t HTTP/1.1\r\nHost: a.com\r\n\r\n", location: undefined },
    {
      id: "H2 ",
      request: "GET /.well-known/acme-challenge/../../secret HTTP/1.1\r\nHost: a.com\r\n\r\n",
      location: "https://a.com/.well-known/acme-challenge/../../secret",
    },
    {
      id: "H2 ",
      request: "GET /x/..//.well-known/acme%2Dchallenge/t HTTP/1.1\r\nHost: a.com\r\n\r\n",
      location: undefined,
    },
  ])("$id$request is sent on to $location", async ({ request, location }) => {
    expect(await locationOf(true, request)).toBe(location);
  });

  it.each([
    { host: "never.com", isDefault: true, location: undefined },
    { host: "with.com", isDefault: false, location: "https://with.com/" },
    { host: "without.com", isDefault: true, location: undefined },
    { host: "always.com", isDefault: false, location: "https://always.com/" },
  ])("for $host goes by its Ingress, not by the option ($isDefault)", async ({ host, isDefault, location }) => {
    expect(await locationOf(isDefault, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toBe(location);
  });

  it("is served where nothing else is asked for", async () => {
    expect(await locationOf(false, "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n")).toBeUndefined();
  });
});
