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
  ])("ignores $name: $value with a warning", ({ name, value, why }) => {
    expect(read({ [name]: value })).toEqual({ settings: {}, problems: [`warning INGRESS_BALANCING_INVALID: ${why}`] });
  });
});
