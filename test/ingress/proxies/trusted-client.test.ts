import { describe, expect, it } from "vitest";
import { trustedClient } from "#ingress/engine/trusted-client.ts";
import { readProxySettings } from "#ingress/proxy-options.ts";
import { requestHeadOf } from "#test/support/request-head-of.ts";

const LOAD_BALANCER = "10.0.0.1";

/** Whom a request with these fields is from, in one line: address, scheme, port, host, and the way. */
function clientOf(fields: readonly string[], passesChain = false): string {
  const settings = readProxySettings({
    trustedProxies: ["10.0.0.0/8", "2001:db8:1::/48"],
    useProxyProtocol: false,
    proxyProtocolTimeout: 5,
    useForwardedHeaders: true,
    computeFullForwardedFor: passesChain,
  });
  if (!settings.ok || settings.value.forwarded === undefined) throw new Error("no settings");
  const request = requestHeadOf(["GET / HTTP/1.1", "Host: a.com", ...fields]);
  const connection = { remoteAddress: LOAD_BALANCER, isSecure: false };
  const found = trustedClient(connection, request, settings.value.forwarded);
  const scheme = found.isSecure ? "https" : "http";
  return [found.remoteAddress, scheme, found.askedPort, found.forwardedHost, found.forwardedFor]
    .filter((one) => one !== undefined)
    .join(" ");
}

const cases: readonly (readonly [name: string, fields: readonly string[], client: string])[] = [
  ["nothing", [], "10.0.0.1 http"],
  ["one address", ["X-Forwarded-For: 192.0.2.1"], "192.0.2.1 http"],
  ["a chain of proxies", ["X-Forwarded-For: 192.0.2.1, 10.0.0.3, 10.0.0.2"], "192.0.2.1 http"],
  ["what a client made up before", ["X-Forwarded-For: 1.1.1.1, 192.0.2.1, 10.0.0.2"], "192.0.2.1 http"],
  ["a trusted address that a client made up before", ["X-Forwarded-For: 10.9.9.9, 192.0.2.1"], "192.0.2.1 http"],
  ["proxies alone", ["X-Forwarded-For: 10.0.0.3, 10.0.0.2"], "10.0.0.3 http"],
  ["lines that count together", ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 10.0.0.2"], "192.0.2.1 http"],
  ["IPv6 with brackets and port", ["X-Forwarded-For: [2001:db8::7]:80, 10.0.0.2"], "2001:db8::7 http"],
  ["IPv6 without brackets", ["X-Forwarded-For: 2001:db8::7, 2001:db8:1::2"], "2001:db8::7 http"],
  ["IPv4 in IPv6", ["X-Forwarded-For: ::ffff:192.0.2.1, 10.0.0.2"], "192.0.2.1 http"],
  ["IPv4 with port", ["X-Forwarded-For: 192.0.2.1:5000"], "192.0.2.1 http"],
  ["what cannot be read ends the way", ["X-Forwarded-For: 192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2 http"],
  ["an empty member ends the way", ["X-Forwarded-For: 192.0.2.1, , 10.0.0.2"], "10.0.0.2 http"],
  ["no address at all", ["X-Forwarded-For: localhost"], "10.0.0.1 http"],
  ["the scheme", ["X-Forwarded-Proto: https"], "10.0.0.1 https"],
  ["the scheme of the nearest proxy", ["X-Forwarded-Proto: http, https"], "10.0.0.1 https"],
  ["another scheme", ["X-Forwarded-Proto: wss"], "10.0.0.1 http"],
  ["the port", ["X-Forwarded-Port: 8443"], "10.0.0.1 http 8443"],
  ["a port too high", ["X-Forwarded-Port: 65536"], "10.0.0.1 http"],
  ["a port that is no number", ["X-Forwarded-Port: 80x"], "10.0.0.1 http"],
  ["the host", ["X-Forwarded-Host: b.com:81"], "10.0.0.1 http b.com:81"],
  ["a host that cannot be", ["X-Forwarded-Host: b/c"], "10.0.0.1 http"],
  ["Forwarded", ['Forwarded: for=192.0.2.1;proto=https;host=b.com, for="10.0.0.2"'], "192.0.2.1 http"],
  [
    "Forwarded, of the nearest proxy",
    ['Forwarded: For="[2001:db8::7]:80"; Proto=HTTPS;host=b.com'],
    "2001:db8::7 https b.com",
  ],
  ["Forwarded, hidden", ["Forwarded: for=_secret;proto=https"], "10.0.0.1 https"],
  ["X-Forwarded-For before Forwarded", ["Forwarded: for=1.1.1.1", "X-Forwarded-For: 192.0.2.1"], "192.0.2.1 http"],
];

describe("trustedClient()", () => {
  it.each(cases)("F takes from a trusted proxy: %s", (_, fields, client) => expect(clientOf(fields)).toBe(client));

  it("F says the way of a request, as far as it is known", () => {
    expect(clientOf(["X-Forwarded-For: 1.1.1.1, 192.0.2.1, 10.0.0.2"], true)).toBe(
      "192.0.2.1 http 192.0.2.1, 10.0.0.2, 10.0.0.1",
    );
  });

  it("F looks at no more than 64 addresses of a way", () => {
    const way = Array.from({ length: 500 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    expect(clientOf([`X-Forwarded-For: ${way.join(", ")}`])).toBe(`${way.at(-64)} http`);
  });
});

describe("readProxySettings()", () => {
  const NONE = {
    trustedProxies: [] as readonly string[],
    useProxyProtocol: false,
    proxyProtocolTimeout: 5,
    useForwardedHeaders: false,
    computeFullForwardedFor: false,
  };

  it.each([
    ["no option", NONE, []],
    ["a list alone", { ...NONE, trustedProxies: ["10.0.0.0/8", "::1"] }, []],
    ["the PROXY protocol without a list", { ...NONE, useProxyProtocol: true }, ["OPTION_MISSING"]],
    ["forwarded headers without a list", { ...NONE, useForwardedHeaders: true }, ["OPTION_MISSING"]],
    ["no network", { ...NONE, trustedProxies: ["10.0.0.0/33", "lb.example"] }, ["OPTION_INVALID", "OPTION_INVALID"]],
  ])("F judges %s", (_, options, codes) => {
    expect(readProxySettings(options).problems.map(({ code }) => code)).toEqual(codes);
  });

  it("F takes nothing from any proxy where no network is trusted", () => {
    const settings = readProxySettings({ ...NONE, useProxyProtocol: true, useForwardedHeaders: true });
    expect(settings.ok && settings.value).toEqual({ preface: undefined, forwarded: undefined });
  });

  it("F trusts the networks that are listed, and no other address", () => {
    const options = { ...NONE, useProxyProtocol: true, trustedProxies: ["192.0.2.0/24", "2001:db8::1"] };
    const settings = readProxySettings(options);
    const trusts = settings.ok ? settings.value.preface?.trusts : undefined;
    expect(["192.0.2.7", "192.0.3.7", "2001:db8::1", "2001:db8::2", "192.0.2.7"].map((one) => trusts?.(one))).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});
