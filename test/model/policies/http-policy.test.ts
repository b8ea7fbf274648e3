import { describe, expect, it } from "vitest";
import { parseManifests } from "#src/model/manifest.ts";
import { type HttpPolicy, parseHttpPolicy } from "#src/model/policies/http-policy.ts";
import { SETTING_NAMES } from "#src/model/policies/policy-settings.ts";
import { printProblem } from "#src/model/problem.ts";

const HEAD = "apiVersion: hawser.dev/v1alpha1\nkind: HTTPPolicy\nmetadata: {name: p, namespace: shop}\n";
const TARGET = "  targetRefs: [{kind: Ingress, name: web}]\n";

function read(text: string) {
  const { objects, problems } = parseManifests(`${HEAD}${text}`, "p.yaml");
  expect(problems).toEqual([]);
  const parsed = parseHttpPolicy(objects[0]!);
  if (!parsed.ok) throw new Error("a policy has a value, whatever it says");
  return { policy: parsed.value, problems: parsed.problems };
}

const spec = (text: string) => read(`spec:\n${TARGET}${text}`);

function partsOf({ parts }: HttpPolicy) {
  return Object.fromEntries(parts.map(({ name, values, restricts }) => [name, { ...values, restricts }]));
}

describe("parseHttpPolicy()", () => {
  it("reads settings by the records of the annotations, and which of them restrict", () => {
    const { policy, problems } = spec(
      '  settings: {proxy-body-size: 8m, limit-rps: "10", limit-rpm: "0", permanent-redirect: /new, auth-realm: "a b"}\n',
    );
    expect(problems).toEqual([]);
    expect(policy.isClosed).toBe(false);
    expect(partsOf(policy)).toEqual({
      "proxy-body-size": { bodyBytes: 8 * 1024 * 1024, restricts: false },
      "limit-rps": { requestsPerSecond: 10, restricts: true },
      "limit-rpm": { requestsPerMinute: 0, restricts: false },
      "permanent-redirect": { permanentRedirect: ["/new"], restricts: false },
      "auth-realm": expect.objectContaining({ restricts: false }),
    });
  });

  it("reads header modifiers as what snippets say of header fields", () => {
    const { policy, problems } = spec(
      `  requestHeaderModifier: {set: [{name: X-A, value: "1"}], add: [{name: X-B, value: b $c}], remove: [Cookie]}
  responseHeaderModifier: {set: [{name: X-A, value: "1"}], add: [{name: X-B, value: b}], remove: [Server-Timing]}
`,
    );
    expect(problems).toEqual([]);
    expect(partsOf(policy)).toEqual({
      requestHeaderModifier: {
        requestHeaderModifier: {
          set: [
            { name: "X-A", value: "1" },
            { name: "Cookie", value: "" },
          ],
          added: [{ name: "X-B", value: "b $c" }],
        },
        restricts: false,
      },
      responseHeaderModifier: {
        responseHeaderModifier: [
          { act: "set", name: "X-A", value: "1", onErrors: true },
          { act: "add", name: "X-B", value: "b", onErrors: true },
          { act: "clear", name: "Server-Timing", value: "", onErrors: true },
        ],
        restricts: false,
      },
    });
  });

  it.each([
    { target: "{kind: Ingress, name: web}", is: { kind: "Ingress", path: undefined, host: undefined } },
    { target: "{kind: Ingress, name: web, path: /api}", is: { kind: "Ingress", path: "/api", host: undefined } },
    {
      target: "{kind: Ingress, name: web, path: /api, host: Shop.Example.com}",
      is: { kind: "Ingress", path: "/api", host: "shop.example.com" },
    },
    { target: '{kind: Ingress, name: web, path: /api, host: "*"}', is: { kind: "Ingress", path: "/api", host: "" } },
    { target: "{kind: Service, name: web}", is: { kind: "Service", path: undefined, host: undefined } },
    {
      target: "{group: networking.k8s.io, kind: Ingress, name: web}",
      is: { kind: "Ingress", path: undefined, host: undefined },
    },
  ])("is attached to $target", ({ target, is }) => {
    const { policy, problems } = read(`spec:\n  targetRefs:\n    - ${target}\n`);
    expect(problems).toEqual([]);
    expect(policy.targets).toEqual([{ ...is, name: "web", at: "spec.targetRefs[0]" }]);
  });

  it.each([
    { target: "{kind: ingress, name: web}", closes: ["Ingress/web", "Service/web"] },
    { target: "{name: web}", closes: ["Ingress/web", "Service/web"] },
    { target: "{kind: Ingress, name: web, path: 5}", closes: ["Ingress/web"] },
    { target: "{kind: Ingress, name: web, path: api}", closes: ["Ingress/web"] },
    { target: "{kind: Ingress, name: web, path: /api, host: 5}", closes: ["Ingress/web"] },
    { target: "{kind: Ingress, name: web, host: a.com}", closes: ["Ingress/web"] },
    { target: "{kind: Service, name: web, path: /api}", closes: ["Service/web"] },
    { target: "{kind: Ingress, name: web, hots: a.com}", closes: ["Ingress/web"] },
    { target: "{kind: Ingress, name: web, namespace: other}", closes: ["Ingress/web"] },
    { target: "{group: apps, kind: Ingress, name: web}", closes: ["Ingress/web"] },
    { target: "{kind: Ingress}", closes: [] },
    { target: "{kind: Ingress, name: other/web}", closes: [] },
    { target: "web", closes: [] },
  ])("closes all that $target may be for", ({ target, closes }) => {
    const { policy, problems } = read(`spec:\n  targetRefs: [${target}]\n`);
    expect(problems.length).toBeGreaterThan(0);
    expect(policy.isClosed).toBe(true);
    expect(policy.targets.map(({ kind, name, path }) => `${kind}/${name}${path ?? ""}`)).toEqual(closes);
  });

  it.each([
    { text: "spec: {}\n", at: "spec.targetRefs" },
    { text: "spec: {targetRefs: []}\n", at: "spec.targetRefs" },
    { text: "spec: 5\n", at: "spec" },
    { text: "spce: {}\n", at: "spce" },
    { text: "", at: "spec" },
    {
      text: `spec:\n  targetRefs: [${Array.from({ length: 17 }, (_, index) => `{kind: Ingress, name: w${index}}`).join()}]\n`,
      at: "spec.targetRefs",
    },
  ])("is closed without targets that can be read: $at", ({ text, at }) => {
    const { policy, problems } = read(text);
    expect(policy.isClosed).toBe(true);
    expect(problems.map((one) => printProblem(one)).join("\n")).toContain(`HTTPPolicy "shop/p" ${at}`);
  });

  it.each([
    { name: "proxy-body-sizes", value: "8m", says: "Did you mean proxy-body-size?" },
    { name: "proxy-body-size", value: "8 pounds", says: 'Write a size such as "8m"' },
    { name: "proxy-body-size", value: '""', says: "it is empty" },
    { name: "limit-rps", value: "many", says: '"many" cannot be read. Write a whole number' },
    { name: "limit-rps", value: "[1]", says: "is a list" },
    { name: "enable-cors", value: '"maybe"', says: "it is neither true nor false" },
    { name: "cors-allow-origin", value: '"https://a.com, nonsense"', says: "it is not a scheme" },
    { name: "auth-secret", value: "other/passwords", says: "it is in another namespace" },
    { name: "rewrite-target", value: "no-slash", says: "a target is a path" },
    { name: "use-regex", value: '"true"', says: "annotation hawser.dev/use-regex of the Ingress" },
    { name: "server-alias", value: "a.com", says: "annotation hawser.dev/server-alias of the Ingress" },
    { name: "app-root", value: "/app", says: "annotation hawser.dev/app-root" },
    { name: "from-to-www-redirect", value: '"true"', says: "annotation hawser.dev/from-to-www-redirect" },
    { name: "canary-weight", value: '"5"', says: "annotation hawser.dev/canary-weight" },
    { name: "auth-tls-secret", value: "ca", says: "annotation hawser.dev/auth-tls-secret" },
    { name: "auth-tls-verify-client", value: '"off"', says: "annotation hawser.dev/auth-tls-verify-client" },
    { name: "configuration-snippet", value: "deny all;", says: "annotation hawser.dev/configuration-snippet" },
    { name: "server-snippet", value: "deny all;", says: "annotation hawser.dev/server-snippet" },
    { name: "proxy-buffers-number", value: '"4"', says: "Hawser does nothing for the annotation of this name" },
    { name: "ssl-passthrough", value: '"true"', says: "annotation hawser.dev/ssl-passthrough of the Ingress" },
    { name: "hawser.dev/limit-rps", value: '"4"', says: "no annotation of Hawser has this name" },
  ])("is closed by the setting $name: $value, and says so at the setting", ({ name, value, says }) => {
    const { policy, problems } = spec(`  settings: {${name}: ${value}, proxy-read-timeout: "5"}\n`);
    expect([policy.isClosed, policy.parts, policy.targets.length]).toEqual([true, [], 1]);
    const text = problems.map((one) => printProblem(one)).join("\n");
    expect(text).toContain(`HTTPPolicy "shop/p" spec.settings[${JSON.stringify(name)}]: `);
    expect(text).toContain(says);
    expect(text).not.toMatch(/Ingress (?:is|are|would be)|the default counts/);
  });

  it("takes a number for its text, and says that Kubernetes does not", () => {
    const { policy, problems } = spec("  settings: {limit-rps: 10}\n");
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([["TEXT_NOT_QUOTED", "warning"]]);
    expect(partsOf(policy)).toEqual({ "limit-rps": { requestsPerSecond: 10, restricts: true } });
  });

  it("is closed by one setting under two names", () => {
    const { policy } = spec("  settings: {limit-allowlist: 10.0.0.0/8, limit-whitelist: 10.0.0.0/8}\n");
    expect(policy.isClosed).toBe(true);
  });

  it.each([
    "{set: [{name: Host, value: a}]}",
    "{set: [{name: Content-Length, value: a}]}",
    "{remove: [Transfer-Encoding]}",
    "{remove: [Connection]}",
    "{add: [{name: X-Forwarded-For, value: 10.0.0.1}]}",
    "{add: [{name: X_A, value: a}]}",
    '{set: [{name: "X A", value: a}]}',
    '{set: [{name: X-A, value: ""}]}',
    "{set: [{name: X-A}]}",
    '{set: [{name: X-A, value: "a\\nX-B: c"}]}',
    "{set: [{name: X-A, value: a}], add: [{name: x-a, value: b}]}",
    "{set: [{name: X-A, value: a, more: b}]}",
    "{set: [{name: X-A, value: 5}]}",
    "{set: {X-A: a}}",
    "{replace: [{name: X-A, value: a}]}",
    "{}",
    "5",
    `{remove: [${Array.from({ length: 17 }, (_, index) => `X-${index}`).join()}]}`,
  ])("is closed by requestHeaderModifier: %s", (text) => {
    const { policy, problems } = spec(`  requestHeaderModifier: ${text}\n`);
    expect([policy.isClosed, policy.parts, policy.targets.length]).toEqual([true, [], 1]);
    expect(problems.map((one) => printProblem(one)).join("\n")).toContain("spec.requestHeaderModifier");
  });

  it.each(["setting: {}", "jwks: {}", "Jwt: {}"])("is closed by the unknown field %s", (text) => {
    const { policy, problems } = spec(`  ${text}\n`);
    expect(policy.isClosed).toBe(true);
    expect(problems.map(({ code }) => code)).toEqual(["CONFIG_UNKNOWN_KEY"]);
  });

  it("E is closed by a fault of ours, and has its targets still", () => {
    const fault = () => {
      throw new Error("a fault");
    };
    const [object] = parseManifests(`${HEAD}spec:\n${TARGET}`, "p.yaml").objects;
    const spec = { ...(object!["spec"] as object), settings: new Proxy({}, { ownKeys: fault }) };
    const parsed = parseHttpPolicy({ ...object!, spec });
    expect(parsed.problems.map(({ code }) => code)).toEqual(["OBJECT_NOT_READ"]);
    expect(parsed.ok && [parsed.value.isClosed, parsed.value.targets.length]).toEqual([true, 1]);
  });

  it("has a setting for each annotation of a path that is served", () => {
    expect(SETTING_NAMES.length).toBeGreaterThan(80);
    expect(SETTING_NAMES).toEqual(expect.arrayContaining(["proxy-body-size", "auth-url", "satisfy", "affinity"]));
    expect(SETTING_NAMES).not.toEqual(expect.arrayContaining(["use-regex"]));
  });

  it("R warns of limits by claims where the policy verifies no token, and counts them all the same", () => {
    const limits = "[{requests: 5, per: day}, {requests: 9, per: day, key: [{type: Path}, {type: Claim, name: sub}]}]";
    const { policy, problems } = spec(`  rateLimits: ${limits}\n`);
    expect(problems.map(({ code, at, severity }) => ({ code, at, severity }))).toEqual([
      {
        code: "RATE_LIMIT_WITHOUT_TOKEN",
        at: expect.objectContaining({ path: "spec.rateLimits[1].key[1]" }),
        severity: "warning",
      },
    ]);
    expect(policy.isClosed).toBe(false);
    const jwt = "{issuer: 'https://a.com', audiences: [a], jwks: {uri: 'https://a.com/keys'}}";
    expect(spec(`  rateLimits: ${limits}\n  jwt: ${jwt}\n`).problems).toEqual([]);
  });

  it("R closes a policy whose limits cannot be read, with the Problem at the field", () => {
    const { policy, problems } = spec("  rateLimits: [{requests: 0, per: day}]\n");
    expect(problems.map(({ at }) => at)).toEqual([expect.objectContaining({ path: "spec.rateLimits[0].requests" })]);
    expect(policy.isClosed).toBe(true);
  });
});
