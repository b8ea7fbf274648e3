import { array, assert, boolean, constantFrom, oneof, property, record, subarray, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import { PolicyIndex } from "#ingress/policy-index.ts";
import { writtenIngresses } from "#ingress/written-ingresses.ts";
import { RouteIndex } from "#ingress/server/route-index.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { parseIngress } from "#src/model/ingress.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { type HttpPolicy, parseHttpPolicy } from "#src/model/policies/http-policy.ts";
import { attachAll } from "#src/routing/ingress/attach-all.ts";
import { judgePolicies } from "#src/routing/ingress/judge-policies.ts";
import { PolicyVerdicts } from "#src/routing/ingress/policy-verdicts.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { INGRESS_CONTROLLER, routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { shardedEntries } from "#src/routing/sharded-map.ts";
import type { Change } from "#src/source/parsed-objects.ts";
import { ingressYaml, policyYaml } from "#test/routing/policy-world.ts";

const scope = { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true };

function ingressOf(text: string): Ingress {
  const parsed = parseIngress(parseManifests(text, "a.yaml").objects[0]!);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
}

function policyOf(text: string): HttpPolicy {
  const parsed = parseHttpPolicy(parseManifests(text, "a.yaml").objects[0]!);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
}

const ingresses = record({
  kind: constantFrom("ingress" as const),
  name: constantFrom("a", "b"),
  paths: constantFrom<Readonly<Record<string, string>>>(
    { "/": "web" },
    { "/": "cart", "/api": "web" },
    { "/api": "cart", "~ /api/": "other" },
  ),
  annotations: constantFrom({}, { "limit-rps": "1" }, { "default-backend": "other" }, { canary: "true" }),
  isThere: constantFrom(true, true, false),
});

const targets = [
  { kind: "Ingress", name: "a" },
  { kind: "Ingress", name: "b" },
  { kind: "Ingress", name: "a", path: "/api" },
  { kind: "Service", name: "web" },
  { kind: "Service", name: "other" },
];
const specs = [
  { settings: { "limit-rps": "1" } },
  { settings: { "limit-rps": "2", "proxy-body-size": "1m" } },
  { settings: { "default-backend": "other" } },
  { settings: { "limit-allowlist": "10.0.0.0/8" } },
  { unknown: {} },
];
const policies = record({
  kind: constantFrom("policy" as const),
  name: constantFrom("p", "q", "r"),
  targetRefs: subarray(targets, { minLength: 1 }),
  spec: constantFrom(...specs),
  isThere: constantFrom(true, true, false),
});

/** Whether Ingress b is of our class from now on. */
const classes = record({ kind: constantFrom("class" as const), name: constantFrom("b"), isOurs: boolean() });

/** What changes at once: each object once. */
const batches = uniqueArray(oneof(ingresses, policies, ingresses, policies, classes), {
  maxLength: 3,
  selector: ({ kind, name }) => `${kind} ${name}`,
});

describe("PolicyIndex", () => {
  it("E comes to the same, change by change, as everything from nothing", () => {
    let withPolicies = 0;
    assert(
      property(array(batches, { maxLength: 12 }), (steps) => {
        const [present, known] = [new Map<string, Ingress>(), new Map<string, HttpPolicy>()];
        const written = writtenIngresses(present, "shop/other");
        const index = new PolicyIndex(written, (key) => verdicts.touchIngress(key));
        const foreign = new Set<string>();
        const world = {
          problems: new Map(),
          attached: index.attached,
          ingressOf: (key: string) => present.get(key),
          isOurs: (key: string) => !foreign.has(key),
        };
        const verdicts = new PolicyVerdicts(world);
        const routes = new RouteIndex(scope, { defaultService: "shop/other" });
        for (const step of steps) {
          const changes: { ingresses: Change<Ingress>[]; policies: Change<HttpPolicy>[] } = {
            ingresses: [],
            policies: [],
          };
          for (const one of step) {
            const key = `shop/${one.name}`;
            if (one.kind === "class") {
              if (one.isOurs) foreign.delete(key);
              else foreign.add(key);
              verdicts.touchAll();
            } else if (one.kind === "ingress") {
              const after = one.isThere ? ingressOf(ingressYaml(one.name, one.paths, one)) : undefined;
              changes.ingresses.push({ key, before: present.get(key), after });
              if (after === undefined) present.delete(key);
              else present.set(key, after);
            } else {
              const after = one.isThere ? policyOf(policyYaml(one.name, one.targetRefs, one.spec)) : undefined;
              changes.policies.push({ key, before: known.get(key), after });
              verdicts.changePolicy(key, after);
              if (after === undefined) known.delete(key);
              else known.set(key, after);
            }
          }
          const attached = index.update(changes.ingresses, changes.policies);
          // Asked for only now and then: what was touched before counts, too.
          if (step.length % 2 === 1) {
            const whole = judgePolicies(known.values(), world);
            expect(new Map(verdicts.verdicts)).toEqual(new Map(whole));
            const notFound = [...whole].filter(([, { reason }]) => reason === "TargetNotFound");
            expect(new Map(verdicts.missing)).toEqual(new Map(notFound.map(([key, { problem }]) => [key, problem])));
          }
          const table = routes.update({ ingresses: attached, classes: [], services: [], slices: [] });
          const whole = attachAll(written.values(), known.values());
          const fresh = buildRoutes(
            routingSnapshot({ ingresses: whole.map(({ ingress }) => ingress), services: [], slices: [] }),
          );
          expect(new Map(shardedEntries(table.hosts))).toEqual(new Map(shardedEntries(fresh.hosts)));
          expect(table.fallback).toEqual(fresh.fallback);
          if (table.fallback?.policies !== undefined) withPolicies += 1;
          const found = [...index.attached].filter(([, { findings }]) => findings.length > 0);
          expect(new Map(found.map(([key, { findings }]) => [key, findings]))).toEqual(
            new Map(
              whole
                .filter(({ findings }) => findings.length > 0)
                .map(({ ingress, findings }) => [ingress.key, findings]),
            ),
          );
        }
      }),
      { numRuns: 300 },
    );
    // Policies do come to be for the Service of --default-backend-service.
    expect(withPolicies).toBeGreaterThan(100);
  });

  it("E attaches again where a policy names the Service that another policy comes to be for", () => {
    const ingress = ingressOf(ingressYaml("a", { "/": "web" }));
    const index = new PolicyIndex(new Map([[ingress.key, ingress]]));
    const come = (name: string, target: object, settings: object) => {
      const after = policyOf(policyYaml(name, [target], { settings }));
      return index.update([], [{ key: after.key, before: undefined, after }]);
    };
    expect(come("p", { kind: "Ingress", name: "a" }, { "default-backend": "other" })).toHaveLength(1);
    expect(come("q", { kind: "Service", name: "other" }, { "limit-rps": "1" })).toHaveLength(1);
    expect(index.attached.get("shop/a")?.findings).toHaveLength(1);
  });

  it("E attaches again only what a policy touches, and nothing where there is none", () => {
    const all = ["a", "b", "c"].map((name) => ingressOf(ingressYaml(name, { "/": name === "c" ? "web" : "cart" })));
    const present = new Map(all.map((one) => [one.key, one]));
    const index = new PolicyIndex(present);
    const first = all.map((after) => ({ key: after.key, before: undefined, after }));
    expect(index.update(first, [])).toBe(first);
    const touched = (targetRefs: readonly object[]) => {
      const after = policyOf(policyYaml("p", targetRefs, specs[0]!));
      const keys = index.update([], [{ key: "shop/p", before: undefined, after }]).map(({ key }) => key);
      index.update([], [{ key: "shop/p", before: after, after: undefined }]);
      return keys;
    };
    expect(touched([{ kind: "Ingress", name: "a" }])).toEqual(["shop/a"]);
    expect(touched([{ kind: "Service", name: "web" }])).toEqual(["shop/c"]);
    expect(touched([{ kind: "Service", name: "cart" }])).toEqual(["shop/a", "shop/b"]);
    expect(touched([{ kind: "Service", name: "other" }])).toEqual([]);
    expect(index.attached.size).toBe(0);
    expect(index.update(first, [])).toBe(first);
  });
});
