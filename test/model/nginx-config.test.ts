import { describe, expect, it } from "vitest";
import { CONFIG_MAP_KEYS } from "#src/model/ingress-nginx/config-map-keys.ts";
import { readConnectionSettings } from "#src/model/ingress-nginx/connection-settings.ts";
import { globalAnnotationOf } from "#src/model/ingress-nginx/judge-setting.ts";
import { withNginxConfig } from "#src/model/ingress-nginx/nginx-config.ts";
import { parseIngress } from "#src/model/ingress.ts";
import type { SettingsOfAll } from "#src/model/settings-of-all.ts";
import { nginxConfigOf } from "#test/support/nginx-config-of.ts";
import { codes, object, valueOf } from "./build.ts";

const NGINX = "nginx.ingress.kubernetes.io/";

/** What is said of the program where nothing is. */
const NOTHING = {
  limitStatuses: { rate: undefined, connections: undefined },
  rejectsUnknownHosts: undefined,
  logTemplate: undefined,
  unloggedPaths: new Set(),
  connections: readConnectionSettings(new Map()),
};

/** What is said of all Ingresses where nothing is. */
const NO_SETTINGS_OF_ALL: SettingsOfAll = { noAuthPaths: [], plainPaths: [], redirectStatus: undefined };

function read(data: Readonly<Record<string, unknown>>, flags: readonly string[] = []) {
  return nginxConfigOf(data, (flag) => flags.includes(flag));
}

function ingressWith(annotations: Readonly<Record<string, string>>) {
  const backend = { service: { name: "web", port: { number: 80 } } };
  const spec = { rules: [{ host: "a.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] };
  const metadata = { name: "shop", annotations };
  return object(JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec }));
}

/** The annotations that an Ingress has by a ConfigMap, besides its own. */
function given(data: Readonly<Record<string, unknown>>, annotations: Readonly<Record<string, string>> = {}) {
  const all = withNginxConfig(ingressWith(annotations), read(data)).metadata.annotations;
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key, value]) => annotations[key] !== value)
      .map(([key, value]) => [key.replace(NGINX, ""), value]),
  );
}

describe("readNginxConfig() gives Ingresses the annotations that keys of ingress-nginx's ConfigMap say", () => {
  it.each([
    ["proxy-body-size", "8m", "proxy-body-size"],
    ["proxy-read-timeout", "300", "proxy-read-timeout"],
    ["ssl-redirect", "true", "ssl-redirect"],
    ["force-ssl-redirect", "true", "force-ssl-redirect"],
    ["whitelist-source-range", "10.0.0.0/8", "allowlist-source-range"],
    ["allowlist-source-range", "10.0.0.0/8", "allowlist-source-range"],
    ["denylist-source-range", "10.0.0.1", "denylist-source-range"],
    ["load-balance", "ewma", "load-balance"],
    ["global-auth-url", "http://auth.default.svc/x", "auth-url"],
    ["global-auth-signin", "https://auth.example.com/", "auth-signin"],
  ])("%s: %s", (key, value, annotation) => {
    expect(given({ [key]: value })).toEqual({ [annotation]: value });
    expect(read({ [key]: value }).problems).toEqual([]);
  });

  it.each([
    { name: "the same annotation", own: { [`${NGINX}proxy-body-size`]: "1m" } },
    { name: "that of Hawser", own: { "hawser.dev/proxy-body-size": "1m" } },
    { name: "the old one", own: { "ingress.kubernetes.io/proxy-body-size": "1m" } },
  ])("leaves an Ingress that has $name", ({ own }) => expect(given({ "proxy-body-size": "8m" }, own)).toEqual({}));

  it("leaves an Ingress that has an annotation under its other name, and not one that has it blank", () => {
    const data = { "allowlist-source-range": "10.0.0.0/8" };
    expect(given(data, { [`${NGINX}whitelist-source-range`]: "0.0.0.0/0,::/0" })).toEqual({});
    expect(given(data, { [`${NGINX}whitelist-source-range`]: " " })).toEqual(data);
  });

  it.each([
    { name: "its own service", own: { [`${NGINX}auth-url`]: "http://other.default.svc/" } },
    { name: "enable-global-auth: false", own: { [`${NGINX}enable-global-auth`]: "false" } },
  ])("gives nothing of global-auth to an Ingress with $name", ({ own }) => {
    expect(given({ "global-auth-url": "http://auth.default.svc/", "global-auth-method": "POST" }, own)).toEqual({});
  });

  it.each([
    {
      data: { "global-auth-url": "http://auth.default.svc/", "global-auth-snippet": "proxy_set_header A b;" },
      is: "closed-restriction",
    },
    { data: { "global-auth-snippet": "proxy_set_header A b;" }, is: undefined },
  ])("closes what asks a service that a snippet tells more: $data", ({ data, is }) => {
    const config = read(data);
    expect(codes(config.problems)).toEqual(["NGINX_KEY_NOT_SERVED"]);
    expect(valueOf(parseIngress(withNginxConfig(ingressWith({}), config))).closed).toBe(is);
    const own = { [`${NGINX}enable-global-auth`]: "false" };
    expect(valueOf(parseIngress(withNginxConfig(ingressWith(own), config))).closed).toBeUndefined();
  });

  it("reads which ConfigMaps have header fields, and which paths ask for no sign-in", () => {
    const data = { "add-headers": "a/b", "proxy-set-headers": "c/d.e", "no-auth-locations": " /x, /y ," };
    const { addHeaders, setHeaders, closesAll, ofAll, annotations, problems } = read(data);
    expect([addHeaders, setHeaders, closesAll, ofAll.noAuthPaths, annotations, problems]).toEqual([
      "a/b",
      "c/d.e",
      false,
      ["/x", "/y"],
      [],
      [],
    ]);
    expect(withNginxConfig(ingressWith({}), { annotations, ofAll }).metadata.ofAll).toBe(ofAll);
  });

  it.each([
    ["http-redirect-code", "301", { redirectStatus: 301 }],
    ["http-redirect-code", "307", { redirectStatus: 307 }],
    ["no-tls-redirect-locations", "/a,/b", { plainPaths: ["/a", "/b"] }],
  ])("reads %s: %s", (key, value, more) => {
    const { ofAll, problems } = read({ [key]: value });
    expect([ofAll, problems]).toEqual([{ ...NO_SETTINGS_OF_ALL, ...more }, []]);
  });

  it.each([
    ["limit-req-status-code", "429", { limitStatuses: { rate: 429 } }],
    ["limit-conn-status-code", "599", { limitStatuses: { connections: 599 } }],
    ["limit-conn-status-code", "400", { limitStatuses: { connections: 400 } }],
    ["ssl-reject-handshake", "true", { rejectsUnknownHosts: true }],
    ["ssl-reject-handshake", "false", { rejectsUnknownHosts: false }],
    ["skip-access-log-urls", "/a,/b", { unloggedPaths: new Set(["/a", "/b"]) }],
    [
      "log-format-upstream",
      "a $status\n  ${host}",
      {
        logTemplate: { parts: ["a ", { variable: "status" }, " ", { variable: "host" }], escape: "nginx", unknown: [] },
      },
    ],
  ])("reads %s: %s of the program", (key, value, more) => {
    const { program, problems } = read({ [key]: value });
    expect([program, problems]).toEqual([{ ...NOTHING, ...more }, []]);
  });

  it("writes a hyphen for a variable of the log that Hawser does not have, and says so", () => {
    const { program, problems } = read({
      "log-format-upstream": "$status $ssl_protocol",
      "log-format-escape-json": "true",
    });
    expect(program.logTemplate).toEqual({
      parts: [{ variable: "status" }, " ", { variable: null }],
      escape: "json",
      unknown: ["ssl_protocol"],
    });
    expect(codes(problems)).toEqual(["nginx_key_not_served"]);
    expect(problems[0]?.what).toContain("$ssl_protocol");
  });

  it.each([
    { data: { "http-redirect-code": "303" } },
    { data: { "no-tls-redirect-locations": "a" } },
    { data: { "limit-req-status-code": "399" } },
    { data: { "limit-conn-status-code": "600" } },
    { data: { "limit-req-status-code": "42" } },
    { data: { "log-format-upstream": "no variable" } },
    { data: { "log-format-upstream": "$" } },
    { data: { "skip-access-log-urls": "~^/x" } },
    { data: { "skip-access-log-urls": "/x?y" } },
    { data: { "skip-access-log-urls": "/x,".repeat(257) } },
  ])("ignores with a warning what cannot be read: $data", ({ data }) => {
    const { program, ofAll, closesAll, problems } = read(data);
    expect([codes(problems), closesAll, ofAll]).toEqual([["nginx_key_invalid"], false, NO_SETTINGS_OF_ALL]);
    expect(program.unloggedPaths.size).toBeLessThanOrEqual(256);
    expect({ ...program, unloggedPaths: new Set() }).toEqual(NOTHING);
  });

  it.each([
    { data: { "add-headers": "a" }, is: ["NGINX_KEY_INVALID"], closesAll: false },
    { data: { "proxy-set-headers": "a/b/c" }, is: ["NGINX_KEY_INVALID"], closesAll: true },
    { data: { "block-cidrs": "10.0.0.0/33" }, is: ["NGINX_KEY_INVALID"], closesAll: true },
    { data: { "block-user-agents": "~(?=a)" }, is: ["NGINX_KEY_INVALID"], closesAll: true },
    { data: { "block-referers": "x,".repeat(257) }, is: ["NGINX_KEY_INVALID"], closesAll: true },
    { data: { "no-auth-locations": "x" }, is: ["nginx_key_invalid"], closesAll: false },
    { data: { "no-auth-locations": "/x,".repeat(65) }, is: ["nginx_key_invalid"], closesAll: false },
  ])("says what it cannot read of these: $data", ({ data, is, closesAll }) => {
    const config = read(data);
    expect([codes(config.problems), config.closesAll, config.ofAll]).toEqual([is, closesAll, NO_SETTINGS_OF_ALL]);
  });

  it("closes what a restriction is for that cannot be read, and ignores a detail", () => {
    const { annotations, problems } = read({ "whitelist-source-range": "x", "proxy-read-timeout": "x" });
    expect(codes(problems).sort()).toEqual(["NGINX_KEY_INVALID", "nginx_key_invalid"]);
    const parsed = parseIngress(withNginxConfig(ingressWith({}), { annotations, ofAll: NO_SETTINGS_OF_ALL }));
    expect(valueOf(parsed).closed).toBe("closed-restriction");
    expect(annotations).toHaveLength(1);
  });

  it.each([
    { data: { "server-tokens": "false", "worker-processes": "4", "use-gzip": " " }, is: [] },
    { data: { "use-gzip": "true" }, is: ["nginx_key_not_served"] },
    { data: { "proxy-protocol-header-timeout": "30" }, is: ["nginx_key_not_served"] },
    { data: { "keep-alive": "30", "upstream-keepalive-time": "1h" }, is: [] },
    { data: { "ssl-protocols": "TLSv1.3" }, is: ["NGINX_KEY_NOT_SERVED"] },
    { data: { "http-snippet": "map" }, is: ["NGINX_KEY_NOT_SERVED"] },
    { data: { "proxy-body-sise": "1m" }, is: ["nginx_key_unknown"] },
    { data: { "rewrite-target": "/" }, is: ["nginx_key_unknown"] },
  ])("says what is not served: $data", ({ data, is }) => expect(codes(read(data).problems)).toEqual(is));

  it("says nothing of a key whose option the program has", () => {
    const data = { "proxy-protocol-header-timeout": "30" };
    expect(read(data, ["--proxy-protocol-timeout=30"]).problems).toEqual([]);
  });
});

describe("the keys of ingress-nginx's ConfigMap", () => {
  it.each(CONFIG_MAP_KEYS)("$names: read as an annotation that Hawser serves, or judged", (key) => {
    const { names, annotation, read, judge, byDefault } = key;
    for (const name of names) expect(globalAnnotationOf(name) !== undefined).toBe(annotation !== undefined);
    const isRead = annotation !== undefined || read !== undefined;
    expect(judge !== undefined).toBe(!isRead || byDefault !== undefined);
  });
});
