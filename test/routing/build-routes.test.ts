import { array, assert, constantFrom, dictionary, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { type IngressTarget, isBackend } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { EMPTY_ROUTES } from "#src/routing/empty-routes.ts";
import { buildRoutes, replaceHosts, replaceServices } from "#src/routing/ingress/build-routes.ts";
import { mergeHosts } from "#src/routing/ingress/merge-host.ts";
import { route } from "#src/routing/route.ts";
import { claimedHosts, compareAge, routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { shardedEntries } from "#src/routing/sharded-map.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const hosts = ["", "a.com", "b.a.com", "*.a.com", "*.com"];
const paths = ["/", "/a", "/a/", "/a/b", "/ab", "/b", "=/a", "=/a/b", "~/a", "~/a/b", "~"];
const requestHosts = ["a.com", "b.a.com", "c.a.com", "x.b.a.com", "other.org"];
const requestPaths = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/abc", "/b", "/c", "/a/bc"];

const someIngress = record({
  rules: dictionary(constantFrom(...hosts), dictionary(constantFrom(...paths), constantFrom("s1", "s2", "s3")), {
    maxKeys: 3,
  }),
  createdMs: integer({ min: 0, max: 2 }),
  defaultBackend: constantFrom(undefined, { serviceName: "s1", servicePort: 80 }),
});
const someIngresses = array(someIngress, { maxLength: 5 }).map((list) =>
  list.map(({ rules, ...more }, index) => ingressOf(`i${index}`, rules, more)),
);

function snapshotOf(ingresses: readonly Ingress[], ports: readonly number[] = [1]) {
  const services = ["s1", "s2", "s3"].map(serviceOf);
  return routingSnapshot({ ingresses, services, slices: slicesOf("s1", ports) });
}

function allServices(ingresses: readonly Ingress[]) {
  const services = ["s1", "s2", "s3"];
  const slices = services.flatMap((name) => slicesOf(name, [1]));
  return routingSnapshot({ ingresses, services: services.map(serviceOf), slices });
}

/** An Ingress as it is read where it has a restriction. */
function closedAsWhole(ingress: Ingress): Ingress {
  const target = { closed: "closed-restriction" } as const;
  const rules = ingress.rules.map(({ host, paths }) => ({ host, paths: paths.map((path) => ({ ...path, target })) }));
  return { ...ingress, ...target, rules, defaultBackend: ingress.defaultBackend && target };
}

/** The same rules by plain search, as the documentation of Kubernetes words them. */
function naiveRule(ingresses: readonly Ingress[], host: string, path: string): string | undefined {
  const sorted = [...ingresses].sort(compareAge);
  const wildcard = `*${host.slice(host.indexOf("."))}`;
  const virtualHost = [host, wildcard, ""].find((name) => sorted.some((ingress) => claimedHosts(ingress).has(name)));
  if (virtualHost === undefined) return undefined;
  const claimants = sorted.filter((ingress) => claimedHosts(ingress).has(virtualHost));
  const found = claimants
    .flatMap((ingress) => ingress.rules.map((rule) => ({ ingress, rule })))
    .filter(({ rule }) => rule.host === virtualHost)
    .flatMap(({ ingress, rule }) => rule.paths.map((candidate) => ({ ingress, ...candidate })))
    .map((candidate, order) => ({ ...candidate, order, rank: rankOf(candidate, path) }))
    .filter(({ rank }) => rank > 0)
    .sort((left, right) => right.rank - left.rank || left.order - right.order)[0];
  if (found !== undefined) return `${found.ingress.key} ${nameOf(found.target)}`;
  const first = virtualHost === "" ? undefined : claimants[0];
  const catchAll = sorted.find((ingress) => claimedHosts(ingress).has("") && ingress.defaultBackend !== undefined);
  const owner = first?.defaultBackend === undefined ? catchAll : first;
  return owner && `${owner.key} ${nameOf(owner.defaultBackend)}`;
}

function nameOf(target: IngressTarget | undefined): string | undefined {
  return target !== undefined && isBackend(target) ? target.serviceName : undefined;
}

function rankOf(rule: { path: string; pathType: string }, path: string): number {
  if (rule.pathType === "Exact") return rule.path === path ? 1_000_000 : 0;
  if (rule.pathType === "ImplementationSpecific")
    return path.startsWith(rule.path || "/") ? 2 * (rule.path || "/").length : 0;
  const elements = rule.path.split("/").filter((element) => element !== "");
  const given = path.split("/").filter((element) => element !== "");
  const matches = elements.every((element, index) => element === given[index]);
  return matches ? 2 * Math.max(1, `/${elements.join("/")}`.length) + 1 : 0;
}

function ruleOf(table: RouteTable, host: string, path: string): string | undefined {
  for (const [key, backend] of shardedEntries(table.backends)) expect([key, `${key}80`]).toContain(backend.key);
  const decision = route(table, { host, path });
  if (decision.kind !== "forward") return decision.kind === "refuse" ? decision.reason : undefined;
  return `${decision.rule.origin.object} ${/\/(.*):80$/.exec(decision.backend.key)?.[1]}`;
}

describe("buildRoutes()", () => {
  it("chooses as a plain search over all rules would", () => {
    assert(
      property(someIngresses, constantFrom(...requestHosts), constantFrom(...requestPaths), (ingresses, host, path) => {
        const services = ["s1", "s2", "s3"];
        const slices = services.flatMap((name) => slicesOf(name, [1]));
        const table = buildRoutes(routingSnapshot({ ingresses, services: services.map(serviceOf), slices }));
        expect(ruleOf(table, host, path)).toBe(naiveRule(ingresses, host, path) ?? "no-route");
      }),
      { numRuns: 1_000 },
    );
  });

  it("I1 sends a request where it went before an Ingress was closed, or nowhere if that was the closed one", () => {
    let refused = 0;
    assert(
      property(someIngresses, constantFrom(...requestHosts), constantFrom(...requestPaths), (ingresses, host, path) => {
        const [first, ...others] = ingresses;
        if (first === undefined) return;
        const before = route(buildRoutes(allServices(ingresses)), { host, path });
        const after = route(buildRoutes(allServices([closedAsWhole(first), ...others])), { host, path });
        const isClosed = before.rule?.origin.object === first.key;
        expect(after.kind === "refuse" && after.reason === "closed-restriction").toBe(isClosed);
        if (!isClosed) expect(after).toEqual(before);
        refused += Number(isClosed);
      }),
      { numRuns: 1_000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it("comes to the same by steps as at once, and leaves the earlier tables as they were", () => {
    assert(
      property(array(someIngresses, { minLength: 1, maxLength: 4 }), (steps) => {
        let table = EMPTY_ROUTES;
        let before: readonly Ingress[] = [];
        const history: { readonly table: RouteTable; readonly printed: unknown }[] = [];
        for (const [index, ingresses] of steps.entries()) {
          const snapshot = snapshotOf(ingresses, [index + 1]);
          const touched = new Set([...before, ...ingresses].flatMap((ingress) => [...claimedHosts(ingress)]));
          table = replaceServices(
            replaceHosts(table, mergeHosts(touched, snapshot)),
            snapshot.services.keys(),
            snapshot,
            snapshot.services,
          );
          expect(printTable(table)).toEqual(printTable(buildRoutes(snapshot)));
          history.push({ table, printed: printTable(table) });
          before = ingresses;
        }
        for (const { table, printed } of history) expect(printTable(table)).toEqual(printed);
      }),
      { numRuns: 100 },
    );
  });

  it("finds the longest of 10 000 prefixes of one host, nested ones too", () => {
    const rules = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`/p${index}`, "s1"]));
    const ingress = ingressOf("many", { "a.com": { ...rules, "/p77/deep/er": "s1", "/p77/deep": "s1" } });
    const table = buildRoutes(snapshotOf([ingress]));
    const ruleFor = (path: string) => {
      const decision = route(table, { host: "a.com", path });
      return decision.kind === "refuse" ? decision.reason : decision.rule.origin.path;
    };
    expect(["/p9999/x", "/p77/deep/er/x", "/p77/deep/x", "/p77/other", "/p10000"].map(ruleFor)).toEqual([
      "/p9999",
      "/p77/deep/er",
      "/p77/deep",
      "/p77",
      "no-route",
    ]);
  });
});

function printTable(table: RouteTable): unknown {
  return {
    hosts: Object.fromEntries(shardedEntries(table.hosts)),
    backends: Object.fromEntries(shardedEntries(table.backends)),
  };
}
