import { describe, expect, it } from "vitest";
import { callbackUrl } from "#src/auth/oidc/authorization-url.ts";
import { signInLocation } from "#src/auth/sign-in-location.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import type { RequestClient } from "#ingress/engine/filtered-request.ts";
import { QuestionedHead } from "#ingress/engine/questioned-head.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { answering, ask, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";
import { requestHeadOf } from "#test/support/request-head-of.ts";

/** What a client asks for, and what a proxy in front says of it; the endpoint and its rules know it as `a.com`. */
const REQUESTS = {
  usual: "Host: a.com",
  other: "Host: A.com:8080",
  forwarded: "Host: a.com\r\nX-Forwarded-Host: shop.example:8080\r\nX-Forwarded-Port: 9999",
  "forwarded without a port": "Host: a.com:81\r\nX-Forwarded-Host: shop.example\r\nX-Forwarded-Port: 8080",
  "by HTTPS": "Host: a.com:8443\r\nX-Forwarded-Proto: https",
} as const;

type Asked = keyof typeof REQUESTS;

interface Case {
  readonly annotations: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly host?: string;
  readonly locations: Readonly<Record<Asked, string | undefined>>;
}

const cases: Readonly<Record<string, Case>> = {
  "to HTTPS": {
    annotations: { "force-ssl-redirect": "true" },
    locations: {
      usual: "https://a.com/?q",
      other: "https://a.com/?q",
      forwarded: "https://shop.example/?q",
      "forwarded without a port": "https://shop.example/?q",
      "by HTTPS": undefined,
    },
  },
  "app-root": {
    annotations: { "app-root": "/app" },
    locations: {
      usual: "http://a.com/app",
      other: "http://A.com:8080/app",
      forwarded: "http://shop.example:8080/app",
      "forwarded without a port": "http://shop.example/app",
      "by HTTPS": "https://a.com:8443/app",
    },
  },
  "permanent-redirect to a path": {
    annotations: { "permanent-redirect": "/new" },
    locations: {
      usual: "http://a.com/new",
      other: "http://A.com:8080/new",
      forwarded: "http://shop.example:8080/new",
      "forwarded without a port": "http://shop.example/new",
      "by HTTPS": "https://a.com:8443/new",
    },
  },
  "temporal-redirect to a URL of its variables": {
    annotations: { "temporal-redirect": "$scheme://$host$is_request_port$request_port/new" },
    locations: {
      usual: "http://a.com/new",
      other: "http://a.com:8080/new",
      forwarded: "http://shop.example:8080/new",
      "forwarded without a port": "http://shop.example/new",
      "by HTTPS": "https://a.com:8443/new",
    },
  },
  "a redirect to another host": {
    annotations: { "permanent-redirect": "https://b.com/" },
    locations: {
      usual: "https://b.com/",
      other: "https://b.com/",
      forwarded: "https://b.com/",
      "forwarded without a port": "https://b.com/",
      "by HTTPS": "https://b.com/",
    },
  },
  "from-to-www-redirect": {
    annotations: { "from-to-www-redirect": "true" },
    host: "www.a.com",
    locations: {
      usual: "http://www.a.com/?q",
      other: "http://www.a.com:8080/?q",
      forwarded: "http://www.a.com:8080/?q",
      "forwarded without a port": "http://www.a.com/?q",
      "by HTTPS": "https://www.a.com:8443/?q",
    },
  },
  "a rewrite of a snippet that redirects": {
    annotations: { "server-snippet": "rewrite ^/old /new redirect;" },
    target: "/old",
    locations: {
      usual: "http://a.com/new",
      other: "http://a.com:8080/new",
      forwarded: "http://shop.example:8080/new",
      "forwarded without a port": "http://shop.example/new",
      "by HTTPS": "https://a.com:8443/new",
    },
  },
};

/** `fields`: what the client asks, and what a proxy in front says of it. */
async function locationOf({ annotations, target = "/?q", host }: Case, fields: string, sslRedirectPort?: number) {
  await using endpoint = await startEndpoint(answering("served"));
  const trustedProxies = { trusts: () => true, passesChain: false };
  const ingresses = [annotatedIngress(annotations, "i", { host })];
  await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, trustedProxies });
  Object.assign(proxy.engine, { sslRedirectPort });
  const request = `GET ${target} HTTP/1.1\r\n${fields}\r\nConnection: close\r\n\r\n`;
  return /\r\nLocation: (.*)\r\n/.exec(await ask(proxy.port, request))?.[1];
}

describe("the port that a client sees is in redirects", () => {
  const all = Object.entries(cases).flatMap(([kind, one]) =>
    Object.entries(one.locations).map(([asked, location]) => ({ kind, one, asked: asked as Asked, location })),
  );

  it.each(all)("D3 $kind, asked $asked: $location", async ({ one, asked, location }) => {
    expect(await locationOf(one, REQUESTS[asked])).toBe(location);
  });

  it.each([
    { port: 443, location: "https://a.com/?q" },
    { port: 8443, location: "https://a.com:8443/?q" },
    { port: 80, location: "https://a.com:80/?q" },
  ])("D3 to HTTPS is by --ssl-redirect-port: $location", async ({ port, location }) => {
    expect(await locationOf(cases["to HTTPS"]!, REQUESTS.other, port)).toBe(location);
  });

  it.each([
    "shop.example:65536",
    "[2001:db8::1]:99999",
    "x@shop.example",
    "shop.example/",
    "a.example, b c",
    "b.example,",
  ])("D3 X-Forwarded-Host %s does not count, because no URL can begin with it", async (said) => {
    const fields = `Host: a.com:8080\r\nX-Forwarded-Host: ${said}`;
    expect(await locationOf(cases["app-root"]!, fields)).toBe("http://a.com:8080/app");
  });
});

describe("the port that a client sees is in the way back from a sign-in", () => {
  const signIn = { url: [{ kind: "text", text: "https://sso.test/" }] as const, redirectParam: "rd" };
  const policy = { callbackPath: "/oauth2/callback" } as OidcPolicy;
  const headOf = (host: string, client: Partial<RequestClient> = {}): QuestionedHead => {
    const { bytes, head } = requestHeadOf(["GET /x HTTP/1.1", `Host: ${host}`]);
    const known = { client: { remoteAddress: "192.0.2.1", isSecure: true, ...client }, path: "/x", backendHost: "b" };
    return new QuestionedHead(bytes, head, known);
  };

  it.each([
    { host: "a.com", forwardedHost: undefined, back: "a.com" },
    { host: "A.com.:443", forwardedHost: undefined, back: "a.com" },
    { host: "a.com:8443", forwardedHost: undefined, back: "a.com:8443" },
    { host: "[2001:db8::1]:8443", forwardedHost: undefined, back: "[2001:db8::1]:8443" },
    { host: "a.com:81", forwardedHost: "shop.example", back: "shop.example" },
    { host: "a.com", forwardedHost: "shop.example:8443", back: "shop.example:8443" },
  ])("D3 Host $host, X-Forwarded-Host $forwardedHost: $back", ({ host, forwardedHost, back }) => {
    const request = headOf(host, { forwardedHost });
    expect(callbackUrl(policy, request)).toBe(`https://${back}/oauth2/callback`);
    const written = forwardedHost ?? host;
    expect(signInLocation(signIn, request)).toBe(`https://sso.test/?rd=https://${written}%2Fx`);
    expect(callbackUrl(policy, request.kept())).toBe(`https://${back}/oauth2/callback`);
  });

  it("D3 what the service of auth-url decides by stays the host that chose the rule", () => {
    const request = headOf("secret.example", { forwardedHost: "public.example" });
    expect([request.host, request.hostField]).toEqual(["secret.example", "secret.example"]);
  });
});
