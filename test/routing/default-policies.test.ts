import { describe, expect, it } from "vitest";
import { printProblem } from "#src/model/problem.ts";
import { judgePolicies } from "#src/routing/ingress/judge-policies.ts";
import { ingressYaml, policyWorldWith, policyYaml } from "./policy-world.ts";

/** An Ingress that leaves what it has no path for to the Service of `--default-backend-service`. */
const API = ingressYaml("api", { "/api": "web" });
const AT_OTHER = [{ kind: "Service", name: "other" }];
const NEW = "2026-02-01T00:00:00Z";
const worldOf = (...texts: readonly string[]) => policyWorldWith({ defaultService: "shop/other" }, API, ...texts);

describe("policies at the Service of --default-backend-service", () => {
  it("E nothing else changes without any", () => {
    const world = worldOf();
    expect([world.outcome("/x"), world.outcome("/", "unknown.test"), world.outcome("/api")]).toEqual([
      "shop/other:80",
      "shop/other:80",
      "shop/web:80",
    ]);
    expect(world.findings).toEqual([]);
  });

  it.each(["a.com", "unknown.test", ""])("E hold for what no rule matches, and for nothing else: host %j", (host) => {
    const world = worldOf(policyYaml("p", AT_OTHER, { settings: { "allowlist-source-range": "10.0.0.0/8" } }));
    expect(world.ask("/x", host)).toMatchObject({
      kind: "forward",
      rule: { isRestricted: true, origin: { object: "" }, policies: ["shop/p"], filters: { sources: {} } },
    });
    expect(world.ask("/api")).toMatchObject({ rule: { isRestricted: false, origin: { object: "shop/api" } } });
  });

  it("E hold together with those of the Ingress that sends requests to the same Service", () => {
    const limits = policyYaml("p", AT_OTHER, { settings: { "limit-rps": "5" } });
    const world = worldOf(ingressYaml("b", { "/": "other" }, { host: "b.com" }), limits);
    for (const host of ["a.com", "b.com"])
      expect(world.filters("/x", host)).toMatchObject({ clientLimits: { rates: { perSecond: {} } } });
  });

  it.each([
    { name: "cannot be read", spec: { jwtt: {} }, code: undefined },
    { name: "cannot be served", spec: { settings: { "auth-type": "basic" } }, code: "POLICY_INVALID" },
    {
      name: "asks the host of the request, which a client chooses",
      spec: { settings: { "auth-url": "http://$host/" } },
      code: "POLICY_INVALID",
    },
  ])("E one that $name closes it, also where the Service has no endpoint", ({ spec, code }) => {
    const policy = policyYaml("p", AT_OTHER, spec);
    const world = worldOf(policy);
    expect([world.outcome("/x"), world.outcome("/api")]).toEqual(["closed-policy", "shop/web:80"]);
    const away = policyWorldWith({ defaultService: "shop/gone" }, API, policy.replace('"other"', '"gone"'));
    expect([away.outcome("/x"), world.findings.length]).toEqual(["closed-policy", code === undefined ? 0 : 1]);
    for (const finding of world.findings)
      expect(finding).toMatch(/^shop\/p Invalid error: HTTPPolicy "shop\/p" .*Closed paths that no rule matches/);
  });

  it("E two that contradict each other close it, and say so", () => {
    const of = (name: string, limit: string, at?: string) =>
      policyYaml(name, AT_OTHER, { settings: { "limit-rps": limit } }, at);
    const world = worldOf(of("p", "1"), of("q", "2", NEW));
    expect(world.outcome("/x")).toBe("closed-policy");
    expect(world.findings.map((one) => one.slice(0, one.indexOf(" error")))).toEqual([
      "shop/q Conflicted",
      "shop/p Conflicted",
    ]);
    expect(world.findings[0]).toContain("Closed paths that no rule matches");
  });

  it("E redirect, set header fields, and sign in, as for any Service", () => {
    const redirected = worldOf(policyYaml("p", AT_OTHER, { settings: { "permanent-redirect": "https://new.test" } }));
    expect([redirected.outcome("/x"), redirected.outcome("/api")]).toEqual(["301 https://new.test", "shop/web:80"]);
    const fields = { requestHeaderModifier: { set: [{ name: "X-Default", value: "1" }] } };
    expect(worldOf(policyYaml("p", AT_OTHER, fields)).filters("/x")).toMatchObject({ requestFields: {} });
  });

  it("E of another namespace, or for an Ingress without name, say nothing of it", () => {
    const foreign = policyWorldWith(
      { defaultService: "system/other" },
      API,
      policyYaml("p", AT_OTHER, { settings: { "limit-rps": "1" } }),
    );
    expect([foreign.table.fallback?.isRestricted, foreign.table.fallback?.policies]).toEqual([false, undefined]);
  });

  it("E are found by their target, which is missing without the option", () => {
    const policy = policyYaml("p", AT_OTHER, { settings: { "limit-rps": "1" } });
    const reasonOf = ({ attached, policies }: ReturnType<typeof worldOf>) => {
      const verdict = judgePolicies(policies, {
        problems: new Map(),
        attached: new Map(attached.map((one) => [one.ingress.key, one])),
        ingressOf: () => undefined,
        isOurs: () => true,
      }).get("shop/p");
      return [verdict?.reason, verdict?.problem && printProblem(verdict.problem)];
    };
    expect(reasonOf(worldOf(policy))).toEqual(["Accepted", undefined]);
    expect(reasonOf(policyWorldWith({}, API, policy))).toEqual([
      "TargetNotFound",
      expect.stringContaining("neither an Ingress of the namespace nor --default-backend-service sends requests to"),
    ]);
  });
});
