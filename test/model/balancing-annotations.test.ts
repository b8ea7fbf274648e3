import { describe, expect, it } from "vitest";
import { readSettings } from "#src/model/annotations/ingress-settings.ts";
import { rootField } from "#src/model/object.ts";

/** What is read of annotations of ingress-nginx, and the codes of their problems. */
function read(annotations: Readonly<Record<string, string>>) {
  const named = Object.entries(annotations).map(([name, text]) => [`nginx.ingress.kubernetes.io/${name}`, text]);
  const metadata = { namespace: "shop", name: "web", annotations: Object.fromEntries(named) };
  const root = rootField({ kind: "Ingress", metadata } as never);
  const { settings } = readSettings(root);
  return { settings, problems: root.problems.map(({ code, severity, why }) => `${severity} ${code}: ${why}`) };
}

describe("annotations that say how endpoints are chosen", () => {
  it.each([
    { annotations: { "load-balance": "round_robin" }, settings: { loadBalance: "round-robin" } },
    { annotations: { "load-balance": " ewma " }, settings: { loadBalance: "ewma" } },
    { annotations: { "load-balance": "least_conn" }, settings: { loadBalance: "least-connections" } },
    {
      annotations: { "upstream-hash-by": "$request_uri" },
      settings: { hashBy: [{ kind: "variable", name: "request_uri" }] },
    },
    {
      annotations: { "upstream-hash-by": "${http_X_User_Id}/$cookie_SID-text$arg_q" },
      settings: {
        hashBy: [
          { kind: "header", name: "x-user-id" },
          { kind: "text", text: "/" },
          { kind: "cookie", name: "sid" },
          { kind: "text", text: "-text" },
          { kind: "argument", name: "q" },
        ],
      },
    },
    {
      annotations: {
        "upstream-hash-by": "$binary_remote_addr",
        "upstream-hash-by-subset": "true",
        "upstream-hash-by-subset-size": "5",
      },
      settings: {
        hashBy: [{ kind: "variable", name: "binary_remote_addr" }],
        hashBySubset: true,
        hashBySubsetSize: 5,
      },
    },
    {
      annotations: {
        affinity: "cookie",
        "affinity-mode": "persistent",
        "session-cookie-name": "route",
        "session-cookie-path": "/shop",
        "session-cookie-domain": ".a.com",
        "session-cookie-expires": "172800",
        "session-cookie-max-age": "-1",
        "session-cookie-samesite": "none",
        "session-cookie-secure": "true",
        "session-cookie-change-on-failure": "true",
      },
      settings: {
        affinity: "cookie",
        affinityMode: "persistent",
        cookieName: "route",
        cookiePath: "/shop",
        cookieDomain: ".a.com",
        cookieExpires: 172_800,
        cookieMaxAge: -1,
        cookieSameSite: "None",
        cookieSecure: true,
        cookieChangeOnFailure: true,
      },
    },
  ])("reads $annotations", ({ annotations, settings }) => {
    expect(read(annotations as never)).toEqual({ settings, problems: [] });
  });

  it.each([
    { name: "load-balance", value: "ip_hash", why: "Hawser does not know it" },
    { name: "load-balance", value: "constructor", why: "Hawser does not know it" },
    { name: "upstream-hash-by", value: "$request_body", why: '"$request_body" is not a variable that Hawser knows' },
    { name: "upstream-hash-by", value: "a$", why: '"$" is not a variable that Hawser knows' },
    { name: "upstream-hash-by", value: "${uri", why: '"$" is not a variable that Hawser knows' },
    { name: "upstream-hash-by", value: "$http_", why: '"$http_" is not a variable that Hawser knows' },
    {
      name: "upstream-hash-by",
      value: "text",
      why: "it has no variable, so that all requests would go to one endpoint",
    },
    { name: "upstream-hash-by", value: "$uri".repeat(17), why: "it has more than 16 parts" },
    { name: "upstream-hash-by", value: `$uri${"x".repeat(1_024)}`, why: "it has more than 1024 characters" },
    { name: "upstream-hash-by-subset-size", value: "0", why: "it is not a whole number from 1 to 1000" },
    { name: "upstream-hash-by-subset-size", value: "2.5", why: "it is not a whole number from 1 to 1000" },
    { name: "affinity", value: "ip", why: "it is not one of these: cookie" },
    { name: "affinity-mode", value: "sticky", why: "it is not one of these: balanced, persistent" },
    { name: "session-cookie-samesite", value: "yes", why: "it is not one of these: None, Lax, Strict" },
    {
      name: "session-cookie-name",
      value: "a=b; Path=/",
      why: "it is not a name of a cookie, of at most 128 characters (RFC 6265)",
    },
    { name: "session-cookie-path", value: "/; Domain=evil", why: "it is not a path without blanks and ;" },
    { name: "session-cookie-path", value: "/a\r\nX: y", why: "it is not a path without blanks and ;" },
    { name: "session-cookie-domain", value: "a.com;b", why: "it is not a name of a domain" },
    { name: "session-cookie-max-age", value: "1d", why: "it is not a number of seconds" },
    { name: "session-cookie-expires", value: "9999999999", why: "it is not a number of seconds" },
  ])("ignores $name: $value with a warning", ({ name, value, why }) => {
    expect(read({ [name]: value })).toEqual({ settings: {}, problems: [`warning INGRESS_BALANCING_INVALID: ${why}`] });
  });
});
