import { describe, expect, it } from "vitest";
import type { RuleFilters } from "#src/filters/rule-filters.ts";
import { ingressYaml, policyWorld, policyYaml } from "./policy-world.ts";

const MIB = 1024 * 1024;
const OLD = "2026-01-01T00:00:00Z";
const NEW = "2026-02-01T00:00:00Z";

/** What says the same part at each level, the one that goes first first. */
const LEVELS = {
  path: (spec: object) => policyYaml("at-path", [{ kind: "Ingress", name: "web", path: "/api" }], spec),
  ingress: (spec: object) => policyYaml("at-ingress", [{ kind: "Ingress", name: "web" }], spec),
  annotation: undefined,
  service: (spec: object) => policyYaml("at-service", [{ kind: "Service", name: "web" }], spec),
} as const;
type Level = keyof typeof LEVELS;
const names = Object.keys(LEVELS) as readonly Level[];
const pairs = names.flatMap((first, index) => names.slice(index + 1).map((second) => ({ first, second })));

/** A path `/api` for which two levels say one setting. */
function worldOf(said: Readonly<Partial<Record<Level, Readonly<Record<string, string>>>>>) {
  const { annotation = {} } = said;
  const policies = names.flatMap((level) => {
    const settings = said[level];
    return settings === undefined ? [] : (LEVELS[level]?.({ settings }) ?? []);
  });
  return policyWorld(ingressYaml("web", { "/api": "web", "/": "cart" }, { annotations: annotation }), ...policies);
}

describe("attachPolicies(): what goes before what", () => {
  it.each(pairs)("E $first before $second", ({ first, second }) => {
    const world = worldOf({ [first]: { "proxy-body-size": "1m" }, [second]: { "proxy-body-size": "2m" } });
    expect(world.filters("/api")).toMatchObject({ bodyBytes: MIB });
    expect(world.findings).toEqual([]);
  });

  it.each(pairs)("E $first before $second, also where it allows more", ({ first, second }) => {
    const world = worldOf({
      [first]: { "allowlist-source-range": "10.0.0.0/8" },
      [second]: { "allowlist-source-range": "10.1.0.0/16" },
    });
    const alone = worldOf({ [first]: { "allowlist-source-range": "10.0.0.0/8" } });
    const sourcesOf = ({ filters }: typeof world) => (filters("/api") as RuleFilters).sources;
    expect(world.ask("/api")).toMatchObject({ rule: { isRestricted: true } });
    expect(sourcesOf(world)).toEqual(sourcesOf(alone));
  });

  it.each(pairs)("E what $first and $second say of different parts counts together", ({ first, second }) => {
    const world = worldOf({ [first]: { "proxy-body-size": "1m" }, [second]: { "limit-rps": "5" } });
    expect(world.filters("/api")).toMatchObject({ bodyBytes: MIB, clientLimits: { rates: { perSecond: {} } } });
  });

  it.each([
    { first: "path", second: "ingress" },
    { first: "path", second: "annotation" },
    { first: "ingress", second: "annotation" },
    { first: "annotation", second: "service" },
    { first: "ingress", second: "service" },
    { first: "path", second: "service" },
  ] as const)("E $second says nothing of how what $first asks is done", ({ first, second }) => {
    const asks = { "allowlist-source-range": "10.0.0.0/8", "auth-url": "http://auth.example.com/" };
    const world = worldOf({ [first]: asks, [second]: { satisfy: "any" } });
    expect(world.filters("/api")).toMatchObject({ auth: { satisfy: "all", sources: undefined }, sources: {} });
  });

  it("E is for the other paths of the Ingress, and those of others, what it was", () => {
    const world = worldOf({ path: { "proxy-body-size": "1m" }, service: { "limit-rps": "5" } });
    expect(world.ask("/")).toMatchObject({ kind: "forward", rule: { isRestricted: false } });
    expect(world.filters("/")).not.toMatchObject({ bodyBytes: MIB });
  });
});

describe("attachPolicies(): what it is for", () => {
  const two = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: two, namespace: shop}
spec:
  defaultBackend: {service: {name: other, port: {number: 80}}}
  rules:
    - {host: b.com, http: {paths: [{path: /api, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}
    - {host: c.com, http: {paths: [{path: /api, pathType: Exact, backend: {service: {name: cart, port: {number: 80}}}}]}}
`;
  it.each([
    { target: { kind: "Ingress", name: "two" }, closes: ["b.com/api", "c.com/api", "b.com/x"] },
    { target: { kind: "Ingress", name: "two", path: "/api" }, closes: ["b.com/api", "c.com/api"] },
    { target: { kind: "Ingress", name: "two", path: "/api", host: "c.com" }, closes: ["c.com/api"] },
    { target: { kind: "Ingress", name: "two", path: "/api", host: "*" }, closes: [] },
    { target: { kind: "Ingress", name: "two", path: "/api/" }, closes: [] },
    { target: { kind: "Ingress", name: "tow" }, closes: [] },
    { target: { kind: "Service", name: "web" }, closes: ["b.com/api"] },
    { target: { kind: "Service", name: "other" }, closes: ["b.com/x"] },
    { target: { kind: "Service", name: "two" }, closes: [] },
  ])("E $target", ({ target, closes }) => {
    const world = policyWorld(two, policyYaml("p", [target], { setting: {} }));
    const asked = ["b.com/api", "c.com/api", "b.com/x"];
    const closed = asked.filter((one) => world.outcome(one.slice(5), one.slice(0, 5)) === "closed-policy");
    expect(closed).toEqual(closes);
    expect(world.attached[0]?.reached.size).toBe(closes.length === 0 ? 0 : 1);
  });

  it("E is not for an Ingress of its name in another namespace", () => {
    const world = policyWorld(
      two,
      policyYaml("p", [{ kind: "Ingress", name: "two" }], { setting: {} }).replace("shop", "else"),
    );
    expect(world.outcome("/api", "b.com")).toBe("shop/web:80");
  });

  it("costs nothing where there is none: the Ingress is the same object", () => {
    const none = policyWorld(two, policyYaml("p", [{ kind: "Ingress", name: "tow" }], {}));
    expect(none.attached[0]?.ingress.ownTerms).toBeUndefined();
  });
});

describe("attachPolicies(): what cannot be served is closed, never open", () => {
  const both = [{ kind: "Ingress", name: "web" }];
  const older = (spec: object) => policyYaml("older", both, spec, OLD);
  const newer = (spec: object) => policyYaml("newer", both, spec, NEW);

  it.each([
    { why: "an unknown field", spec: { jwtt: {} } },
    { why: "a setting that cannot be read", spec: { settings: { "allowlist-source-range": "everyone" } } },
    { why: "a field that is not served yet", spec: { jwt: { issuer: "https://a.com" } } },
  ])("E $why closes the paths, and no other Ingress serves them", ({ spec }) => {
    const open = ingressYaml("open", { "/": "cart" }, { at: NEW });
    const world = policyWorld(ingressYaml("web", { "/api": "web" }), open, newer(spec));
    expect([world.outcome("/api/x"), world.outcome("/")]).toEqual(["closed-policy", "shop/cart:80"]);
  });

  it.each([
    { name: "allowlist-source-range", values: ["10.0.0.0/8", "0.0.0.0/0,::/0"] },
    { name: "limit-rps", values: ["10", "0"] },
    { name: "auth-url", values: ["http://a.com/", "none"] },
    { name: "satisfy", values: ["any", "all"] },
    { name: "limit-allowlist", values: ["10.0.0.0/8", "10.0.0.0/9"] },
  ])("E two at one level that say $name otherwise close the paths, and both are named", ({ name, values }) => {
    const [one, other] = values;
    const world = policyWorld(
      ingressYaml("web", { "/api": "web" }),
      older({ settings: { [name]: one } }),
      newer({ settings: { [name]: other } }),
    );
    expect(world.outcome("/api")).toBe("closed-policy");
    expect(world.findings).toEqual([
      expect.stringMatching(/^shop\/newer Conflicted error: .*HTTPPolicy "shop\/older" spec\.settings/),
      expect.stringMatching(/^shop\/older Conflicted error: .*HTTPPolicy "shop\/newer" spec\.settings/),
    ]);
  });

  it("E two that say the same restriction restrict", () => {
    const spec = { settings: { "limit-rps": "10" } };
    const world = policyWorld(ingressYaml("web", { "/api": "web" }), older(spec), newer(spec));
    expect(world.filters("/api")).toMatchObject({ clientLimits: { rates: {} } });
    expect(world.findings).toEqual([]);
  });

  it("E of two that say otherwise what restricts nothing the older counts, with a warning", () => {
    const world = policyWorld(
      ingressYaml("web", { "/api": "web" }),
      newer({ settings: { "proxy-body-size": "1m" } }),
      older({ settings: { "proxy-body-size": "2m" } }),
    );
    expect(world.filters("/api")).toMatchObject({ bodyBytes: 2 * MIB });
    expect(world.findings).toEqual([expect.stringMatching(/^shop\/newer Conflicted warning: .*shop\/older/)]);
  });

  it("E a part that is said above is no conflict below", () => {
    const world = policyWorld(
      ingressYaml("web", { "/api": "web", "/": "cart" }),
      older({ settings: { "limit-rps": "1" } }),
      newer({ settings: { "limit-rps": "2" } }),
      policyYaml("at-path", [{ kind: "Ingress", name: "web", path: "/api" }], { settings: { "limit-rps": "3" } }),
    );
    expect([world.outcome("/api"), world.outcome("/")]).toEqual(["shop/web:80", "closed-policy"]);
  });

  it.each([
    { base: { "auth-url": "http://a.com/" }, detail: { "auth-cache-key": "$remote_addr" } },
    { base: { "limit-rps": "1" }, detail: { "limit-allowlist": "10.0.0.0/8" } },
    { base: { "limit-rps": "1" }, detail: { "limit-burst-multiplier": "1000" } },
    { base: { "allowlist-source-range": "10.0.0.0/8" }, detail: { satisfy: "any" } },
    { base: { "enable-cors": "true" }, detail: { "cors-allow-origin": "*" } },
  ])("E $detail of one policy with $base of another one closes the paths", ({ base, detail }) => {
    for (const [one, other] of [
      [base, detail],
      [detail, base],
    ]) {
      const world = policyWorld(
        ingressYaml("web", { "/api": "web" }),
        older({ settings: one }),
        newer({ settings: other }),
      );
      expect(world.outcome("/api")).toBe("closed-policy");
      expect(world.findings.length).toBe(2);
    }
    const alone = policyWorld(ingressYaml("web", { "/api": "web" }), older({ settings: { ...base, ...detail } }));
    expect(alone.outcome("/api")).toBe("shop/web:80");
  });

  it.each([
    { settings: { "auth-type": "basic" }, why: "no auth-secret" },
    { settings: { "auth-secret": "passwords" }, why: "no auth-type" },
    { settings: { "rewrite-target": "/$1" }, why: "not a regular expression" },
  ])("E $settings alone closes the paths: $why", ({ settings, why }) => {
    const world = policyWorld(ingressYaml("web", { "/api": "web" }), newer({ settings }));
    expect(world.outcome("/api")).toBe("closed-policy");
    expect(world.findings).toEqual([expect.stringContaining(why)]);
  });

  it("E more policies for one Ingress than are looked at close all of it", () => {
    const many = Array.from({ length: 257 }, (_, index) =>
      policyYaml(`p${index}`, [{ kind: "Ingress", name: "web", path: `/${index}` }], {}),
    );
    const ingress = ingressYaml("web", { "/api": "web" });
    expect(policyWorld(ingress, ...many.slice(1)).outcome("/api")).toBe("shop/web:80");
    const world = policyWorld(ingress, ...many);
    expect([world.outcome("/api"), world.findings]).toEqual([
      "closed-policy",
      [expect.stringContaining("more than 256 policies are for them")],
    ]);
  });

  it("E asks no service at a host that a client could choose", () => {
    const spec = { settings: { "auth-url": "http://$host/auth" } };
    const named = policyWorld(ingressYaml("web", { "/api": "web" }), newer(spec));
    expect(named.outcome("/api")).toBe("shop/web:80");
    const any = policyWorld(ingressYaml("web", { "/api": "web" }, { host: "" }), newer(spec));
    expect(any.outcome("/api")).toBe("closed-policy");
  });

  it("E halves of one restriction at two levels are one", () => {
    const world = worldOf({ ingress: { "auth-secret": "passwords" }, path: { "auth-type": "basic" } });
    expect(world.outcome("/api")).toBe("closed-policy");
    const other = worldOf({
      ingress: { "auth-type": "basic", "auth-secret": "passwords" },
      path: { "auth-secret": "others" },
    });
    expect(other.filters("/api")).toMatchObject({ auth: { basic: { secret: "shop/others" } } });
  });

  it("E a path that only some programs read as a restricted one of the same Ingress is answered 400", () => {
    const policy = policyYaml("p", [{ kind: "Ingress", name: "web", path: "/admin" }], {
      settings: { "limit-rps": "1" },
    });
    const world = policyWorld(ingressYaml("web", { "/admin": "web", "/": "cart" }), policy);
    expect([world.outcome("/"), world.outcome("/admin%2Fx")]).toEqual(["shop/cart:80", "bad-path"]);
    const whole = policyYaml("p", both, { settings: { "limit-rps": "1" } });
    const same = policyWorld(ingressYaml("web", { "/admin": "web", "/": "cart" }), whole);
    expect(same.outcome("/admin%2Fx")).toBe("shop/cart:80");
  });

  it("E a path with a wildcard of other controllers is closed as what that means, too", () => {
    const policy = policyYaml("p", both, { settings: { "limit-rps": "1" } });
    const open = ingressYaml("open", { "/": "cart" }, { at: NEW });
    const world = policyWorld(ingressYaml("web", { "/admin/*": "web" }), open, policy);
    expect(world.outcome("/admin/x")).toBe("closed-restriction");
  });

  it("E a path that cannot be read closes the whole host where a policy restricts the Ingress", () => {
    const ingress = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {rules: [{host: a.com, http: {paths: [{path: 5, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
`;
    const open = ingressYaml("open", { "/": "cart" }, { at: NEW });
    expect(policyWorld(ingress, open, newer({ settings: { "proxy-body-size": "1m" } })).outcome("/x")).toBe(
      "shop/cart:80",
    );
    expect(policyWorld(ingress, open, newer({ settings: { "limit-rps": "1" } })).outcome("/x")).toBe("closed-policy");
  });
});

describe("attachPolicies(): what else gets requests for a path", () => {
  const restricted = (name: string) => policyYaml("p", [{ kind: "Service", name }], { settings: { "limit-rps": "1" } });

  it("E a canary gets none where a policy asks more of it than of the main path", () => {
    const main = ingressYaml("web", { "/": "web" });
    const annotations = { canary: "true", "canary-weight": "100" };
    const canary = ingressYaml("canary", { "/": "cart" }, { annotations, at: NEW });
    const canaryOf = (world: ReturnType<typeof policyWorld>) => {
      const decision = world.ask("/");
      return (
        decision.kind === "forward" && decision.rule.action.kind === "forward" && decision.rule.action.canary?.backend
      );
    };
    expect(canaryOf(policyWorld(main, canary))).toBe("shop/cart:80");
    const uncovered = policyWorld(main, canary, restricted("cart"));
    expect([canaryOf(uncovered), uncovered.conflicts]).toEqual([
      undefined,
      [expect.stringContaining("an HTTPPolicy asks more of its requests")],
    ]);
    const limit = { settings: { "limit-rps": "1" } };
    const covered = policyYaml(
      "p",
      [
        { kind: "Service", name: "cart" },
        { kind: "Service", name: "web" },
      ],
      limit,
    );
    expect(canaryOf(policyWorld(main, canary, covered))).toBe("shop/cart:80");
    const harmless = policyYaml("p", [{ kind: "Service", name: "cart" }], { settings: { "proxy-body-size": "1m" } });
    expect(canaryOf(policyWorld(main, canary, harmless))).toBe("shop/cart:80");
    const unreadable = policyYaml("p", [{ kind: "Service", name: "cart" }], { jwtt: {} });
    expect(canaryOf(policyWorld(main, canary, unreadable))).toBe(undefined);
  });

  it("E the Service in place of one without endpoints gets none where a policy asks more of it", () => {
    const main = ingressYaml("web", { "/": "gone" }, { annotations: { "default-backend": "cart" } });
    expect(policyWorld(main).outcome("/")).toBe("shop/cart:80");
    const uncovered = policyWorld(main, restricted("cart"));
    expect([uncovered.outcome("/"), uncovered.findings.length]).toEqual(["no-service", 1]);
    const named = policyYaml("q", [{ kind: "Ingress", name: "web" }], { settings: { "default-backend": "other" } });
    expect(policyWorld(main, named).outcome("/")).toBe("shop/other:80");
    expect(policyWorld(main, named, restricted("other")).outcome("/")).toBe("no-service");
  });
});

describe("attachPolicies(): what settings do", () => {
  it("E redirects, which go before those of annotations", () => {
    const own = { annotations: { "permanent-redirect": "/old" } };
    const policy = policyYaml("p", [{ kind: "Ingress", name: "web", path: "/api" }], {
      settings: { "permanent-redirect": "/new" },
    });
    const world = policyWorld(ingressYaml("web", { "/api": "web", "/": "cart" }, own), policy);
    expect([world.outcome("/api"), world.outcome("/")]).toEqual(["301 /new", "301 /old"]);
    const plain = policyWorld(ingressYaml("web", { "/api": "web", "/": "cart" }), policy);
    expect([plain.outcome("/api"), plain.outcome("/")]).toEqual(["301 /new", "shop/cart:80"]);
  });

  it("E counts limits of a policy apart from those of other paths", () => {
    const policy = policyYaml("p", [{ kind: "Ingress", name: "web", path: "/api" }], {
      settings: { "limit-rps": "1" },
    });
    const annotations = { "limit-rps": "50" };
    const world = policyWorld(ingressYaml("web", { "/api": "web", "/": "cart" }, { annotations }), policy);
    expect(world.filters("/api")).toMatchObject({ clientLimits: { zone: "shop/web shop/p" } });
    expect(world.filters("/")).toMatchObject({ clientLimits: { zone: "shop/web" } });
  });

  it("E changes header fields of requests and answers, after snippets", () => {
    const annotations = {
      "configuration-snippet": 'proxy_set_header X-A snippet; proxy_set_header X-C snippet; more_set_headers "X-A: s";',
    };
    const policy = policyYaml("p", [{ kind: "Ingress", name: "web" }], {
      requestHeaderModifier: {
        set: [{ name: "x-a", value: "policy" }],
        add: [{ name: "X-B", value: "more" }],
        remove: ["Cookie"],
      },
      responseHeaderModifier: {
        set: [{ name: "X-A", value: "p" }],
        add: [{ name: "X-B", value: "b" }],
        remove: ["Via-X"],
      },
    });
    const world = policyWorld(ingressYaml("web", { "/": "web" }, { annotations }), policy);
    const filters = world.filters("/") as unknown as {
      requestFields: { lines: Buffer; removes: ReadonlySet<string> };
      responseEdit: { lines: string; removes: ReadonlySet<string> };
    };
    expect(filters.requestFields.lines.toString()).toBe("x-a: policy\r\nX-C: snippet\r\nX-B: more\r\n");
    expect([...filters.requestFields.removes]).toEqual(["x-a", "x-c", "cookie"]);
    expect(filters.responseEdit.lines).toBe("X-A: p\r\nX-B: b\r\n");
    expect([...filters.responseEdit.removes]).toEqual(["x-a", "via-x"]);
  });
});
