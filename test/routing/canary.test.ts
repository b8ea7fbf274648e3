import { describe, expect, it } from "vitest";
import { newSessionId, printSessionCookie, sessionTag } from "#src/balancing/session-cookie.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { readValuePattern, type ValuePattern } from "#src/pattern/value-pattern.ts";
import { type Canary, type CanaryRequest, takesCanary } from "#src/routing/canary.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { findRouteConflicts } from "#src/routing/ingress/find-route-conflicts.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { listRoutes } from "#src/routing/list-routes.ts";
import { route } from "#src/routing/route.ts";
import { Dice } from "#test/assignment/dice.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const CANARY: Canary = {
  object: "default/canary",
  backend: "default/new:80",
  balancing: undefined,
  byHeader: { name: "x-canary", value: undefined, pattern: undefined },
  byCookie: "beta",
  weight: 20,
  total: 100,
  keepsSessions: true,
  isByService: false,
};

/** A request with these headers and cookies. */
function requestOf(
  { header, cookie }: { readonly header?: string | undefined; readonly cookie?: string | undefined },
  chance: () => number = () => 0.5,
): CanaryRequest {
  return {
    header: (name) => (name === "x-canary" ? header : undefined),
    cookie: (name) => (name === "beta" ? cookie : undefined),
    chance,
  };
}

function patternOf(text: string): ValuePattern {
  const pattern = readValuePattern(text);
  if (!("why" in pattern)) return pattern;
  throw new Error(pattern.why);
}

describe("takesCanary()", () => {
  it.each<{ name: string; header?: string; cookie?: string; canary?: Partial<Canary>; chance?: number; is: boolean }>([
    { name: "header always", header: "always", is: true },
    { name: "header never", header: "never", chance: 0, is: false },
    { name: "header always, cookie never", header: "always", cookie: "never", is: true },
    { name: "header never, cookie always", header: "never", cookie: "always", is: false },
    { name: "header with another value, cookie always", header: "yes", cookie: "always", is: true },
    { name: "header in capitals counts as another value", header: "ALWAYS", is: false },
    { name: "cookie always", cookie: "always", is: true },
    { name: "cookie never", cookie: "never", chance: 0, is: false },
    { name: "cookie with another value, below the weight", cookie: "1", chance: 0.199, is: true },
    { name: "cookie with another value, at the weight", cookie: "1", chance: 0.2, is: false },
    {
      name: "a value of its own",
      header: "eu",
      canary: { byHeader: { name: "x-canary", value: "eu", pattern: undefined } },
      is: true,
    },
    {
      name: "never is no value",
      header: "never",
      canary: { byHeader: { name: "x-canary", value: "eu", pattern: undefined } },
      chance: 0,
      is: true,
    },
    {
      name: "always is no value",
      header: "always",
      canary: { byHeader: { name: "x-canary", value: "eu", pattern: undefined } },
      is: false,
    },
    ...[
      { header: "eu-west", is: true },
      { header: "my-eu", is: false },
      { header: "EU-west", is: false },
      { header: "never", is: false },
      { header: "eu", cookie: "never", is: true },
      { header: "us", cookie: "always", is: true },
      { header: `eu${"x".repeat(1_023)}`, is: false },
    ].map((row) => ({
      ...row,
      name: `a pattern, header ${row.header.slice(0, 16)}, cookie ${row.cookie}`,
      canary: { byHeader: { name: "x-canary", value: undefined, pattern: patternOf("^eu\\b") } },
    })),
    {
      name: "a value goes before a pattern",
      header: "eu",
      canary: { byHeader: { name: "x-canary", value: "us", pattern: patternOf("eu") } },
      is: false,
    },
    { name: "weight 0", canary: { weight: 0 }, chance: 0, is: false },
    { name: "weight of the total", canary: { weight: 1_000, total: 1_000 }, chance: 0.9999, is: true },
    { name: "weight 5 of 10", canary: { weight: 5, total: 10 }, chance: 0.49, is: true },
    { name: "a header that is not asked for", header: "always", canary: { byHeader: undefined }, is: false },
    { name: "a cookie that is not asked for", cookie: "always", canary: { byCookie: undefined }, is: false },
  ])("$name: $is", ({ header, cookie, canary, chance = 0.5, is }) => {
    expect(
      takesCanary(
        { ...CANARY, ...canary },
        requestOf({ header, cookie }, () => chance),
      ),
    ).toBe(is);
  });

  it.each([1, 10, 50, 99])("sends %d of 100 requests to the canary", (weight) => {
    const dice = new Dice(weight);
    const request = requestOf({}, () => dice.chance());
    let taken = 0;
    for (let count = 0; count < 10_000; count++) taken += Number(takesCanary({ ...CANARY, weight }, request));
    // Four standard deviations.
    expect(Math.abs(taken - 100 * weight)).toBeLessThan(4 * Math.sqrt(weight * (100 - weight)));
  });
});

/** A table of Ingresses whose Services have an endpoint, `none` excepted; and what conflicts they have. */
function tableOf(ingresses: readonly Ingress[]) {
  const names = ["old", "new", "newer", "none"];
  const slices = ["old", "new", "newer"].flatMap((name) => slicesOf(name, [80]));
  const snapshot = routingSnapshot({ ingresses, services: names.map(serviceOf), slices });
  const table = buildRoutes(snapshot);
  const more = requestOf({ header: "always" });
  return {
    /** The Service that gets a request with `X-Canary: always`, and the object that says so. */
    ask(at: string, request: CanaryRequest = more): string {
      const slash = at.indexOf("/");
      const decision = route(table, { host: at.slice(0, slash), path: at.slice(slash), more: request });
      if (decision.kind !== "forward") return decision.kind === "refuse" ? decision.reason : "redirect";
      return `${decision.backend.key} by ${decision.canary?.object ?? decision.rule.origin.object}`;
    },
    conflicts: findRouteConflicts(snapshot).map(
      ({ loser, at, reason, problem }) => `${reason} ${problem.code} ${loser.key} ${at}`,
    ),
  };
}

function canaryOf(name: string, rules: Parameters<typeof ingressOf>[1], settings: IngressSettings = {}): Ingress {
  return ingressOf(name, rules, { createdMs: 1, settings: { canary: true, canaryByHeader: "x-canary", ...settings } });
}

const MAIN = ingressOf("main", { "a.com": { "/": "old", "=/exact": "old", "~/raw": "old" } });

describe("a canary", () => {
  it.each([
    {
      name: "its host, path and type",
      rules: { "a.com": { "/": "new" } },
      at: "a.com/",
      is: "default/new:80 by default/canary",
    },
    {
      name: "what its path covers",
      rules: { "a.com": { "/": "new" } },
      at: "a.com/x/y",
      is: "default/new:80 by default/canary",
    },
    {
      name: "Exact",
      rules: { "a.com": { "=/exact": "new" } },
      at: "a.com/exact",
      is: "default/new:80 by default/canary",
    },
    {
      name: "ImplementationSpecific",
      rules: { "a.com": { "~/raw": "new" } },
      at: "a.com/rawer",
      is: "default/new:80 by default/canary",
    },
    {
      name: "no path that it does not name",
      rules: { "a.com": { "/": "new" } },
      at: "a.com/exact",
      is: "default/old:80 by default/main",
    },
    {
      name: "nothing without an endpoint",
      rules: { "a.com": { "/": "none" } },
      at: "a.com/",
      is: "default/old:80 by default/main",
    },
  ])("gets $name", ({ rules, at, is }) => {
    const { ask, conflicts } = tableOf([canaryOf("canary", rules), MAIN]);
    expect(ask(at)).toBe(is);
    expect(conflicts).toEqual([]);
  });

  it.each([
    { name: "another path", rules: { "a.com": { "/other": "new" } } },
    { name: "another type", rules: { "a.com": { "=/": "new" } } },
  ])("alone with $name serves nothing, and says so", ({ rules }) => {
    const { ask, conflicts } = tableOf([canaryOf("canary", rules), MAIN]);
    expect(ask("a.com/")).toBe("default/old:80 by default/main");
    expect(ask("a.com/other")).toBe("default/old:80 by default/main");
    expect(conflicts).toEqual([expect.stringMatching(/^NotServed INGRESS_CANARY_ALONE default\/canary rule a\.com/)]);
  });

  it("of another namespace takes no requests, and says so", () => {
    const canary = canaryOf("canary", { "a.com": { "/": "new" } }, { canaryWeight: 100 });
    const other: Ingress = { ...canary, key: "other/canary", namespace: "other" };
    const snapshot = routingSnapshot({ ingresses: [MAIN, other], services: [], slices: [] });
    const { routes } = listRoutes(buildRoutes(snapshot), 10);
    expect(routes.filter((one) => one.canary !== undefined)).toEqual([]);
    expect(findRouteConflicts(snapshot).map(({ loser, problem }) => `${problem.code} ${loser.key}`)).toEqual([
      "INGRESS_CANARY_ALONE other/canary",
    ]);
  });

  it("alone with its host hides neither a wildcard nor the catch-all", () => {
    const wildcard = ingressOf("wild", { "*.a.com": { "/": "old" } });
    const { ask, conflicts } = tableOf([
      wildcard,
      canaryOf("canary", { "x.a.com": { "/": "new" }, "b.com": { "/": "new" } }),
    ]);
    expect(ask("x.a.com/")).toBe("default/old:80 by default/wild");
    expect(ask("b.com/")).toBe("no-route");
    expect(conflicts).toHaveLength(2);
  });

  it.each([true, undefined])(
    "gets a regular expression that the main Ingress has, whether it says so: %s",
    (isPattern) => {
      const withPattern = (ingress: Ingress, is: true | undefined): Ingress => ({
        ...ingress,
        rules: ingress.rules.map(({ host, paths }) => ({
          host,
          paths: paths.map((path) => ({ ...path, path: "/v\\d+/x", ...(is && { isPattern: is }) })),
        })),
      });
      const main = withPattern(ingressOf("main", { "a.com": { "~/": "old" } }), true);
      const canary = withPattern(canaryOf("canary", { "a.com": { "~/": "new" } }), isPattern as true | undefined);
      const { ask, conflicts } = tableOf([main, canary]);
      expect(ask("a.com/v12/x")).toBe("default/new:80 by default/canary");
      expect(ask("a.com/w/x")).toBe("no-route");
      expect(conflicts).toEqual([]);
    },
  );

  it("of a closed path serves nothing", () => {
    const closed = ingressOf("main", { "a.com": { "/": "old" } });
    const paths = closed.rules[0]!.paths.map((path) => ({
      ...path,
      target: { closed: "closed-restriction" as const },
    }));
    const { ask } = tableOf([
      { ...closed, rules: [{ host: "a.com", paths }] },
      canaryOf("canary", { "a.com": { "/": "new" } }),
    ]);
    expect(ask("a.com/")).toBe("closed-restriction");
  });

  it("that is younger than another one for the path gets nothing, and says so", () => {
    const [first, second] = [
      canaryOf("c1", { "a.com": { "/": "new" } }),
      canaryOf("c2", { "a.com": { "/": "newer" } }),
    ];
    const { ask, conflicts } = tableOf([MAIN, second, first]);
    expect(ask("a.com/")).toBe("default/new:80 by default/c1");
    expect(conflicts).toEqual([expect.stringMatching(/^PathTaken INGRESS_PATH_TAKEN default\/c2 /)]);
  });

  it("gets nothing where the request cannot be asked", () => {
    expect(
      tableOf([MAIN, canaryOf("canary", { "a.com": { "/": "new" } }, { canaryWeight: 100 })]).ask("a.com/", undefined),
    ).toContain("new");
    const table = buildRoutes(
      routingSnapshot({
        ingresses: [MAIN, canaryOf("canary", { "a.com": { "/": "new" } }, { canaryWeight: 100 })],
        services: ["old", "new"].map(serviceOf),
        slices: ["old", "new"].flatMap((name) => slicesOf(name, [80])),
      }),
    );
    expect(route(table, { host: "a.com", path: "/" })).toMatchObject({ canary: undefined });
  });
});

describe("sessions and a canary", () => {
  const cookieFor = (backend: string) =>
    printSessionCookie({ id: newSessionId(() => 0.1), tag: sessionTag(`default/${backend}:80`) });
  const withSession = (backend: string, header: string): CanaryRequest => ({
    header: () => header,
    cookie: (name) => (name === "ingresscookie" ? cookieFor(backend) : undefined),
    chance: () => 0.5,
  });
  const main = ingressOf("main", { "a.com": { "/": "old" } }, { settings: { affinity: "cookie" } });
  const ask = (settings: IngressSettings, request: CanaryRequest) =>
    tableOf([main, canaryOf("canary", { "a.com": { "/": "new" } }, settings)])
      .ask("a.com/", request)
      .split(" ")[0];

  it.each([
    { behavior: "sticky", session: "old", header: "always", is: "default/old:80" },
    { behavior: "sticky", session: "new", header: "never", is: "default/new:80" },
    { behavior: "sticky", session: "newer", header: "always", is: "default/new:80" },
    { behavior: "legacy", session: "old", header: "always", is: "default/new:80" },
    { behavior: "legacy", session: "new", header: "never", is: "default/old:80" },
  ] as const)("$behavior: a session of $session with $header goes to $is", ({ behavior, session, header, is }) => {
    expect(ask({ affinityCanaryBehavior: behavior }, withSession(session, header))).toBe(is);
  });

  it.each([
    { affinityCanaryBehavior: "sticky", has: true },
    { affinityCanaryBehavior: "legacy", has: false },
  ] as const)(
    "$affinityCanaryBehavior: the canary has the sessions of its main Ingress: $has",
    ({ affinityCanaryBehavior, has }) => {
      const canary = canaryOf("canary", { "a.com": { "/": "new" } }, { affinityCanaryBehavior });
      const table = buildRoutes(
        routingSnapshot({
          ingresses: [main, canary],
          services: ["old", "new"].map(serviceOf),
          slices: ["old", "new"].flatMap((name) => slicesOf(name, [80])),
        }),
      );
      const decision = route(table, { host: "a.com", path: "/", more: requestOf({ header: "always" }) });
      expect(decision.kind === "forward" && decision.balancing?.affinity !== undefined).toBe(has);
    },
  );
});
