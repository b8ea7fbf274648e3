import { describe, expect, it } from "vitest";
import { printPlace } from "#src/model/problem-place.ts";
import { findRouteConflicts } from "#src/routing/ingress/find-route-conflicts.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";

const other = { serviceName: "other", servicePort: 80 };

function conflictsOf(...ingresses: readonly ReturnType<typeof ingressOf>[]): readonly string[] {
  const { claims } = routingSnapshot({ ingresses, services: [], slices: [] });
  return findRouteConflicts({ claims }).map(({ loser, problem }) => {
    expect([problem.code, problem.severity]).toEqual(["INGRESS_PATH_TAKEN", "warning"]);
    expect(printPlace(problem.at)).toContain(`Ingress "${loser.key}"`);
    return `${printPlace(problem.at)}: ${problem.what}: ${problem.why}`;
  });
}

describe("findRouteConflicts()", () => {
  it("I15 names the loser, the winner, and why it goes first", () => {
    const winner = ingressOf("z", { "a.com": { "/x": "s" } }, { createdMs: 1 });
    const loser = ingressOf("a", { "a.com": { "/x/": "t", "/y": "t" } }, { createdMs: 2 });
    expect(conflictsOf(loser, winner)).toEqual([
      'Ingress "default/a" rule a.com path /x/: Cannot serve a.com/x/ (Prefix): Ingress "default/z" rule a.com path /x has the same host, path and type, and is older',
    ]);
  });

  it("I15 goes by namespace and name where the age is the same, and by place within an Ingress", () => {
    const byName = conflictsOf(ingressOf("b", { "": { "/": "s" } }), ingressOf("a", { "": { "/": "t" } }));
    expect(byName).toEqual([
      expect.stringMatching(
        /^Ingress "default\/b".*Cannot serve \*\/ .*"default\/a".*comes first by namespace and name$/,
      ),
    ]);
    const path = { path: "/", pathType: "Prefix" } as const;
    const paths = [
      { ...path, target: { serviceName: "s", servicePort: 80 }, at: "spec.rules[0].http.paths[0]" },
      { ...path, target: other, at: "spec.rules[0].http.paths[1]" },
    ];
    expect(conflictsOf(ingressOf("one", {}, { rules: [{ host: "shop.test", paths }] }))).toEqual([
      expect.stringMatching(
        /^Ingress "default\/one" spec\.rules\[0\]\.http\.paths\[1\]: .*paths\[0\] has.*comes earlier in it$/,
      ),
    ]);
  });

  it("I15 finds default backends that lose, of a host and of all", () => {
    const all = [
      ingressOf("a", {}, { defaultBackend: { serviceName: "s", servicePort: 80 } }),
      ingressOf("b", {}, { defaultBackend: other }),
    ];
    expect(conflictsOf(...all)).toEqual([expect.stringContaining("Cannot serve the default backend of *")]);
  });

  it("I15 finds a restricted rule that loses to an open one", () => {
    const open = ingressOf("a", { "a.com": { "/x": "s" } });
    const target = { closed: "closed-restriction" } as const;
    const rules = [{ host: "a.com", paths: [{ path: "/x", pathType: "Prefix" as const, target, at: "here" }] }];
    expect(conflictsOf(open, ingressOf("b", {}, { rules, closed: target.closed }))).toHaveLength(1);
  });

  it.each([
    { name: "two that lead to the same", second: ingressOf("b", { "a.com": { "/x": "s" } }) },
    { name: "another type", second: ingressOf("b", { "a.com": { "=/x": "t" } }) },
    { name: "another path", second: ingressOf("b", { "a.com": { "/y": "t" } }) },
    { name: "another host", second: ingressOf("b", { "b.com": { "/x": "t" } }) },
  ])("I15 says nothing of $name", ({ second }) => {
    expect(conflictsOf(ingressOf("a", { "a.com": { "/x": "s" } }), second)).toEqual([]);
  });

  it("I15 finds the same number for any number of rules, up to a bound for each host", () => {
    const many = (name: string, service: string) =>
      ingressOf(name, {
        "a.com": Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`/${index}`, service])),
      });
    expect(conflictsOf(many("a", "s"), many("b", "t"))).toHaveLength(100);
  });
});

describe("aliases of hosts", () => {
  const aliasOf = (host: string, alias: string) => ({ host: alias, paths: [], isAdded: true as const, aliasOf: host });
  const withAlias = (name: string, host: string, createdMs: number) => {
    const ingress = ingressOf(name, { [host]: { "/": "s" } }, { createdMs });
    return { ...ingress, rules: [...ingress.rules, aliasOf(host, "alias.com")] };
  };
  const aliasConflicts = (...ingresses: readonly ReturnType<typeof ingressOf>[]) =>
    findRouteConflicts({ claims: routingSnapshot({ ingresses, services: [], slices: [] }).claims }).map(
      ({ loser, reason, problem }) => `${loser.name} ${reason} ${problem.code} ${problem.severity}: ${problem.why}`,
    );

  it.each([
    {
      name: "I-C15 says that the first Ingress wins",
      ingresses: [withAlias("young", "b.com", 2), withAlias("old", "a.com", 1)],
      found: ['young PathTaken INGRESS_ALIAS_TAKEN warning: Ingress "default/old" adds the host, too, and is older'],
    },
    {
      name: "I-C17 says that a real host wins, however young",
      ingresses: [withAlias("old", "a.com", 1), ingressOf("young", { "alias.com": { "/": "t" } }, { createdMs: 2 })],
      found: ['old PathTaken INGRESS_ALIAS_TAKEN warning: a rule of Ingress "default/young" names the host'],
    },
    {
      name: "I-C15 says nothing of two Ingresses that give one host the same alias",
      ingresses: [withAlias("young", "a.com", 2), withAlias("old", "a.com", 1)].map((one, index) => ({
        ...one,
        rules: one.rules.map((rule) => ({ ...rule, paths: index === 0 ? [] : rule.paths })),
      })),
      found: [],
    },
  ])("$name", ({ ingresses, found }) => expect(aliasConflicts(...ingresses)).toEqual(found));
});
