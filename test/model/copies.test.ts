import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { isBlocked } from "#src/filters/is-blocked.ts";
import { ANNOTATION_TABLE } from "#src/model/annotations/annotation-table.ts";
import type { KeyField } from "#src/model/ingress-nginx/key-field.ts";
import { readBlocks } from "#src/model/ingress-nginx/read-blocks.ts";
import { readAnnotated } from "#test/support/annotated-ingress.ts";

const NGINX = "nginx.ingress.kubernetes.io/";

const SERVED = ANNOTATION_TABLE.flatMap(({ records }) => records)
  .filter(({ served }) => served?.prefixes.includes(NGINX))
  .flatMap(({ names }) => names);

/** What annotations may say, in their different forms. */
const VALUES = [
  "true",
  "false",
  "10",
  "10s",
  "10m",
  "on",
  "off",
  "optional",
  "x",
  "a.com,~^b\\.com$",
  "default/secret",
  "https://auth.test/x?u=$escaped_request_uri",
  "$remote_addr",
  "/x/$1",
  "192.0.2.0/24",
  "~^/(a|b) /$1",
  "~^a$ b",
  "~*^a",
  "CN=(shop|admin)",
  "X-Field: x",
  "GET, POST",
  "500,502",
  "basic",
  "cookie",
  "HTTPS",
  "GRPC",
  "http_502 timeout",
  "302",
  "Lax",
  "add_header X y;",
  "location ~ ^/(a|b) { return 404; }",
];

/** Workers serve by copies of what the main thread has read: a method, or a private field, would not come with them. */
describe("what is read", () => {
  it.each(SERVED)("of %s is the same as a copy", (name) => {
    const all = VALUES.map((value) => readAnnotated({ [name]: value }));
    const ingresses = all.flatMap((parsed) => (parsed.ok ? [parsed.value] : []));
    expect(ingresses.length).toBeGreaterThan(0);
    for (const ingress of ingresses) expect(isDeepStrictEqual(structuredClone(ingress), ingress)).toBe(true);
  });

  it.each([
    ["canary-by-header-pattern", "^a"],
    ["auth-tls-match-cn", "CN=(shop|admin)"],
    ["proxy-redirect-from", "~^/(a|b)"],
    ["proxy-cookie-path", "~^/(a|b) /$1"],
    ["proxy-cookie-domain", "~^a$ b"],
    ["server-snippet", "location ~ ^/(a|b) { return 404; }"],
  ])("as an expression of %s is the same as a copy", (name, value) => {
    const parsed = readAnnotated({ [name]: value });
    expect(parsed.ok && JSON.stringify(parsed.value)).toContain('"program"');
    expect(parsed.ok && isDeepStrictEqual(structuredClone(parsed.value), parsed.value)).toBe(true);
  });

  it("of ConfigMaps blocks the same requests as a copy", () => {
    const field = (name: string, value: string) => [name, { name, value } as unknown as KeyField] as const;
    const blocks = readBlocks(
      new Map([field("block-user-agents", "~*bad.?bot,curl/8"), field("block-referers", "~^http://spam")]),
    );
    if (blocks === undefined || blocks === "unreadable") throw new Error("it cannot be read");
    const asks = [
      { "user-agent": "Mozilla BadBot/2" },
      { "user-agent": "curl/8" },
      { "user-agent": "curl/9" },
      { referer: "http://spam.test/" },
      { referer: "http://a.test/" },
    ].map((fields: Readonly<Record<string, string>>) => ({
      clientIp: () => undefined,
      valuesOf: (name: string) => (fields[name] === undefined ? [] : [fields[name]]),
    }));
    const is = [true, true, false, true, false];
    expect(asks.map((ask) => isBlocked(blocks, ask))).toEqual(is);
    expect(asks.map((ask) => isBlocked(structuredClone(blocks), ask))).toEqual(is);
  });
});
