import { describe, expect, it } from "vitest";
import { isListedOrigin, parseCorsOrigins } from "#src/model/annotations/cors-origins.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { parseIngress } from "#src/model/ingress.ts";
import { object } from "#test/model/build.ts";

function isAllowed(list: string, origin: string): boolean {
  const { origins } = parseCorsOrigins(list);
  return origins === "any" || isListedOrigin(origins, origin);
}

describe("cors-allow-origin", () => {
  const some = "https://a.com, HTTPS://*.B.com,http://*.c.com:8080, https://d.com:8443, null, app://e";
  it.each([
    { list: some, allowed: ["https://a.com", "HTTPS://A.com", "https://x.b.com", "https://x-1.b.com", "null"] },
    { list: some, allowed: ["http://x.c.com:8080", "https://d.com:8443", "app://e"] },
    {
      list: some,
      refused: ["http://a.com", "https://a.com:443", "https://aXcom", "https://www.a.com", "xhttps://a.com"],
    },
    {
      list: some,
      refused: ["https://b.com", "https://x.y.b.com", "https://.b.com", "https://x.b.com.evil.org", "http://x.c.com"],
    },
    { list: some, refused: ["", "https://", "https://d.com", "https://e/x.b.com", `https://${"x".repeat(64)}.b.com`] },
    { list: "*", allowed: ["https://a.com", "null", "anything"] },
    { list: "https://a.com,*", allowed: ["https://b.com"] },
    {
      list: "a.com,*.b.com,https://a*.com,https://*,https://a b.com,https://$host",
      refused: ["https://a.com", "https://x.b.com"],
    },
    { list: ",", refused: ["https://a.com", ""] },
  ])("D-cors of $list allows $allowed and not $refused", ({ list, allowed = [], refused = [] }) => {
    expect(allowed.filter((origin) => !isAllowed(list, origin))).toEqual([]);
    expect(refused.filter((origin) => isAllowed(list, origin))).toEqual([]);
  });

  it("D-cors names what it cannot read, and what is beyond 256", () => {
    expect(parseCorsOrigins("a.com, https://b.com").unread).toEqual(["a.com"]);
    const many = Array.from({ length: 257 }, (_, index) => `https://h${index}.com`);
    expect(parseCorsOrigins(many.join()).unread).toEqual(["https://h256.com"]);
  });
});

describe("annotations of CORS", () => {
  it.each([
    { annotations: { "enable-cors": "true" }, settings: { corsEnabled: true }, problems: 0 },
    { annotations: { "enable-cors": "yes" }, settings: { corsEnabled: false }, problems: 1 },
    { annotations: { "cors-allow-credentials": "flase" }, settings: { corsCredentials: false }, problems: 1 },
    { annotations: { "cors-allow-credentials": "false" }, settings: { corsCredentials: false }, problems: 0 },
    { annotations: { "cors-allow-methods": "GET, post" }, settings: { corsMethods: "GET, post" }, problems: 0 },
    { annotations: { "cors-allow-methods": "GET; $pid" }, settings: {}, problems: 1 },
    { annotations: { "cors-allow-headers": "X-A,*" }, settings: { corsHeaders: "X-A,*" }, problems: 0 },
    { annotations: { "cors-allow-headers": "X-A\r\nX-B: 1" }, settings: {}, problems: 1 },
    { annotations: { "cors-expose-headers": "*, X-C" }, settings: { corsExposed: "*, X-C" }, problems: 0 },
    { annotations: { "cors-expose-headers": "$upstream_addr" }, settings: {}, problems: 1 },
    { annotations: { "cors-max-age": "-1" }, settings: { corsMaxAge: -1 }, problems: 0 },
    { annotations: { "cors-max-age": "1d" }, settings: {}, problems: 1 },
    { annotations: { "cors-allow-origin": "*" }, settings: { corsOrigins: "any" }, problems: 0 },
    {
      annotations: { "cors-allow-origin": "a.com" },
      settings: { corsOrigins: { exact: new Set(), wildcards: [] } },
      problems: 1,
    },
  ])("D-cors $annotations come to $settings", ({ annotations, settings, problems }) => {
    expect(annotatedIngress(annotations).settings).toEqual(settings);
    const metadata = { name: "i", namespace: "default", annotations: prefixed(annotations) };
    const manifest = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: {} };
    const found = parseIngress(object(JSON.stringify(manifest))).problems;
    expect(found.filter(({ severity }) => severity === "warning")).toHaveLength(problems);
    expect(annotatedIngress(annotations).isRestricted ?? false).toBe(false);
  });
});

function prefixed(annotations: object): object {
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
  );
}
