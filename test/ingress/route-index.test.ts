import { array, assert, boolean, constantFrom, dictionary, integer, oneof, property, record, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import type { RouteChanges } from "#ingress/server/route-changes.ts";
import { RouteIndex } from "#ingress/server/route-index.ts";
import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Ingress, IngressClass } from "#src/model/ingress.ts";
import type { Service } from "#src/model/service.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { findRouteConflicts } from "#src/routing/ingress/find-route-conflicts.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import { defaultIngress, isDefaultIngress } from "#src/routing/ingress/default-ingress.ts";
import { classOf, INGRESS_CONTROLLER, isServed, routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { route } from "#src/routing/route.ts";
import { shardedEntries } from "#src/routing/sharded-map.ts";
import type { Change } from "#src/source/parsed-objects.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const scope = { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true };
const hosts = ["", "a.com", "*.a.com"];
const paths = ["/", "/a", "/a/", "=/a", "~/a"];
const restriction = { closed: "closed-restriction" } as const;
const unsupported = { closed: "closed-unsupported" } as const;

const byDefault = defaultIngress("default/s1");
const closedDefault: Ingress = { ...byDefault, defaultBackend: { closed: "closed-policy" } };

const aliasRule = (host: string) => ({ host, paths: [], isAdded: true as const, aliasOf: "a.com" });

/** What can be closed of an Ingress, or added to it. */
const twists: Readonly<Record<string, (ingress: Ingress) => Ingress>> = {
  none: (ingress) => ingress,
  closed: (ingress) => ({
    ...ingress,
    ...restriction,
    defaultBackend: ingress.defaultBackend && restriction,
    rules: ingress.rules.map(({ host, paths }) => ({
      host,
      paths: paths.map((path) => ({ ...path, target: restriction })),
    })),
  }),
  path: (ingress) => ({
    ...ingress,
    rules: ingress.rules.map(({ host, paths }) => ({
      host,
      paths: paths.map((path, index) => (index === 0 ? { ...path, target: unsupported } : path)),
    })),
  }),
  pattern: (ingress) => ({
    ...ingress,
    rules: ingress.rules.map(({ host, paths: [first, ...rest] }) => ({
      host,
      paths: first === undefined ? [] : [{ ...first, path: "/a.*", isPattern: true, target: unsupported }, ...rest],
    })),
  }),
  added: (ingress) => ({
    ...ingress,
    rules: [
      ...ingress.rules,
      {
        host: "a.com",
        isAdded: true,
        paths: [{ path: "/", pathType: "Prefix", target: unsupported, at: "metadata.annotations" }],
      },
    ],
  }),
  alias: (ingress) => ({ ...ingress, rules: [...ingress.rules, aliasRule("b.com"), aliasRule("~^a")] }),
  tls: (ingress) => ({ ...ingress, tls: [{ hosts: ["a.com"], secretName: undefined }] }),
  canary: (ingress) => ({ ...ingress, settings: { canary: true, canaryWeight: 10 } }),
};

const someIngress = tuple(
  record({
    rules: dictionary(constantFrom(...hosts), dictionary(constantFrom(...paths), constantFrom("s1", "s2")), {
      maxKeys: 2,
    }),
    createdMs: integer({ min: 0, max: 1 }),
    className: constantFrom(undefined, undefined, "hawser", "other"),
    defaultBackend: constantFrom(undefined, { serviceName: "s1", servicePort: 80 }),
  }),
  constantFrom(...Object.keys(twists)),
).map(
  ([{ rules, ...more }, twist]) =>
    (name: string) =>
      twists[twist]!(ingressOf(name, rules, more)),
);

interface Objects {
  readonly ingresses: Map<string, Ingress>;
  readonly classes: Map<string, IngressClass>;
  readonly services: Map<string, Service>;
  readonly slices: Map<string, EndpointSlice>;
}

/** One object that is another one now, or gone. */
type Step = (objects: Objects) => {
  readonly kind: keyof Objects;
  readonly change: Change<never>;
};

function stepOf(kind: keyof Objects, key: string, after: unknown): Step {
  return (objects) => {
    const map = objects[kind] as Map<string, unknown>;
    const before = map.get(key);
    if (after === undefined) map.delete(key);
    else map.set(key, after);
    return { kind, change: { key, before, after } as Change<never> };
  };
}

const someStep = oneof(
  tuple(constantFrom("i1", "i2", "i3"), someIngress, integer({ min: 0, max: 3 })).map(([name, make, fate]) =>
    stepOf("ingresses", `default/${name}`, fate === 0 ? undefined : make(name)),
  ),
  tuple(
    constantFrom("hawser", "other"),
    constantFrom(INGRESS_CONTROLLER, "k8s.io/ingress-nginx", undefined),
    boolean(),
  ).map(([name, controller, isDefault]) =>
    stepOf("classes", name, controller && { name, controller, isDefault, createdMs: 0 }),
  ),
  // Policies at the Service of --default-backend-service come and go.
  boolean().map((isClosed) => stepOf("ingresses", byDefault.key, isClosed ? closedDefault : byDefault)),
  tuple(constantFrom("s1", "s2"), boolean()).map(([name, isThere]) =>
    stepOf("services", `default/${name}`, isThere ? serviceOf(name) : undefined),
  ),
  tuple(constantFrom("s1", "s2"), integer({ min: 0, max: 2 })).map(([name, port]) =>
    stepOf("slices", `default/${name}-0`, slicesOf(name, port === 0 ? [] : [port])[0]),
  ),
);

function printTable(table: RouteTable): unknown {
  return {
    hosts: Object.fromEntries(shardedEntries(table.hosts)),
    aliases: Object.fromEntries(shardedEntries(table.aliases)),
    aliasPatterns: table.aliasPatterns,
    backends: Object.fromEntries(shardedEntries(table.backends)),
    fallback: table.fallback,
  };
}

function sorted(texts: Iterable<string>): readonly string[] {
  return [...texts].sort();
}

describe("RouteIndex", () => {
  it("F comes to the same by any changes as a build from nothing, closed routes, conflicts and classes too", () => {
    let closedRoutes = 0;
    let conflicts = 0;
    assert(
      property(array(array(someStep, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }), (rounds) => {
        const index = new RouteIndex(scope, { defaultService: "default/s1" });
        const other = new RouteIndex(scope, { defaultService: "default/s1" });
        const objects: Objects = {
          ingresses: new Map([[byDefault.key, byDefault]]),
          classes: new Map(),
          services: new Map(),
          slices: new Map(),
        };
        for (const steps of rounds) {
          const made = steps.map((step) => step(objects));
          const changes = (kind: keyof Objects) => made.filter((one) => one.kind === kind).map(({ change }) => change);
          const message: RouteChanges = {
            ingresses: changes("ingresses"),
            classes: changes("classes"),
            services: changes("services"),
            slices: changes("slices"),
          };
          const table = index.update(message);
          // What serves by the message may be in another process.
          expect(printTable(other.update(structuredClone(message)))).toEqual(printTable(table));
          const late = new RouteIndex(scope);
          expect(printTable(late.update(structuredClone(index.everything())))).toEqual(printTable(table));
          const ingresses = [...objects.ingresses.values()];
          const ours = ingresses.filter((one) => isDefaultIngress(one) || isServed(one, objects.classes, scope));
          const snapshot = routingSnapshot({
            ingresses: ours,
            services: [...objects.services.values()],
            slices: objects.slices.values(),
          });
          expect(printTable(table)).toEqual(printTable(buildRoutes(snapshot)));
          const lost = findRouteConflicts(snapshot);
          const print = ({ problem }: (typeof lost)[number]) => JSON.stringify(problem);
          expect(sorted(index.conflicts(1_000).map(print))).toEqual(sorted(lost.map(print)));
          const foreign = ingresses.filter((one) => !ours.includes(one)).map((one) => classOf(one, objects.classes));
          const counted = index
            .foreignClasses()
            .flatMap(({ name, count }) => Array.from({ length: count }, () => name));
          expect(sorted(counted)).toEqual(sorted(foreign.flatMap((name) => name ?? [])));
          expect(sorted(index.ours().map(({ key }) => key))).toEqual(sorted(ours.map(({ key }) => key)));
          closedRoutes += JSON.stringify(printTable(table)).includes("closed-") ? 1 : 0;
          conflicts += lost.length;
        }
      }),
      { numRuns: 300 },
    );
    // The changes do meet what this is about.
    expect(closedRoutes).toBeGreaterThan(100);
    expect(conflicts).toBeGreaterThan(20);
  });

  it("I-B16 serves a namespace that it has not seen before, in whatever order its objects come", () => {
    const none = { ingresses: [], classes: [], services: [], slices: [] };
    const added = <T extends { readonly key: string }>(after: T) => [{ key: after.key, before: undefined, after }];
    const parts = [
      { ...none, ingresses: added({ ...ingressOf("i", { "a.com": { "/": "s" } }), namespace: "new", key: "new/i" }) },
      { ...none, services: added({ ...serviceOf("s"), namespace: "new", key: "new/s" }) },
      { ...none, slices: added({ ...slicesOf("s", [1])[0]!, key: "new/s-0", serviceKey: "new/s" }) },
    ];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [2, 0, 1],
    ]) {
      const index = new RouteIndex({ ...scope, withoutClass: true });
      const tables = order.map((place) => index.update(parts[place]!));
      expect(route(tables.at(-1)!, { host: "a.com", path: "/" })).toMatchObject({ backend: { key: "new/s:80" } });
    }
  });

  it("I-B7 I-B8 knows a port by its number and its name, and no longer by those that it had before", () => {
    const index = new RouteIndex(scope);
    const withPort = (port: number, name: string): Service => ({
      ...serviceOf("s"),
      ports: [{ name, protocol: "TCP", port, targetPort: 80 }],
    });
    const keysAfter = (...services: readonly (Service | undefined)[]): readonly string[] => {
      const changes = services.map((after) => ({ key: "default/s", before: undefined, after }));
      const { backends } = index.update({ ingresses: [], classes: [], services: changes, slices: [] });
      return sorted(Array.from(shardedEntries(backends), ([key]) => key));
    };
    expect(keysAfter(withPort(80, "web"))).toEqual(["default/s:", "default/s:80", "default/s:web"]);
    expect(keysAfter(withPort(80, "http"))).toEqual(["default/s:", "default/s:80", "default/s:http"]);
    expect(keysAfter(withPort(8080, "web"), undefined, withPort(81, ""))).toEqual(["default/s:", "default/s:81"]);
    expect(keysAfter(undefined)).toEqual([]);
  });
});
