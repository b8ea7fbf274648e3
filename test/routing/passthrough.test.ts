import { describe, expect, it } from "vitest";
import type { Ingress } from "#src/model/ingress.ts";
import { parseNetworkSet } from "#src/model/annotations/parse-network-set.ts";
import { buildRoutes, replaceHosts } from "#src/routing/ingress/build-routes.ts";
import { findRouteConflicts } from "#src/routing/ingress/find-route-conflicts.ts";
import { mergeHosts } from "#src/routing/ingress/merge-host.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { passthroughFor, route, routeUnread } from "#src/routing/route.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const PASSES = { settings: { sslPassthrough: true } } as const;
const services = ["p", "q"].map(serviceOf);
const slices = [...slicesOf("p", [1001]), ...slicesOf("q", [1002])];
const passing = (more: Partial<Ingress> = {}) => ingressOf("pass", { "a.com": { "/": "p" } }, { ...PASSES, ...more });

/** Of another namespace, and so old. */
function other(name: string, rules: Parameters<typeof ingressOf>[1], more: Partial<Ingress> = {}): Ingress {
  return ingressOf(name, rules, { namespace: "other", key: `other/${name}`, createdMs: 9, ...more });
}

function look(...ingresses: readonly Ingress[]) {
  const snapshot = routingSnapshot({ ingresses, services, slices });
  const table = buildRoutes(snapshot);
  return {
    table,
    /** Where the connections of clients go that mean this server. */
    to(serverName: string): string {
      const rule = passthroughFor(table, serverName);
      if (rule === undefined) return "read";
      const found = routeUnread(table, rule);
      return found.kind === "forward" ? found.backend.key : found.reason;
    },
    told: findRouteConflicts(snapshot).map(
      ({ loser, at, problem }) => `${loser.key} ${at} ${problem.code} ${problem.severity}`,
    ),
    whys: findRouteConflicts(snapshot).map(({ problem }) => problem.why),
  };
}

const UNSERVED = "metadata.annotations INGRESS_PASSTHROUGH_UNSERVED error";

describe("the connections of a host", () => {
  it("go to the Service of the path / of the Ingress that asks for it, by exact name, wildcard and alias", () => {
    const wildcard = ingressOf("w", { "*.b.com": { "/": "q", "/x": "q" } }, PASSES);
    const aliased = ingressOf(
      "n",
      { "c.com": { "=/": "q" }, "www.c.com": {} },
      {
        ...PASSES,
        rules: [
          ...ingressOf("n", { "c.com": { "=/": "q" } }).rules,
          { host: "d.com", paths: [], isAdded: true, aliasOf: "c.com" },
        ],
      },
    );
    const { to, told, table } = look(
      passing(),
      wildcard,
      aliased,
      ingressOf("r", { "own.b.com": { "/": "p" }, "": { "/": "p" } }),
    );
    const names = [
      "a.com",
      "A.COM.",
      "x.b.com",
      "y.x.b.com",
      "own.b.com",
      "c.com",
      "d.com",
      "e.com",
      "",
      "a com",
      "1.2.3.4",
    ];
    expect(names.map(to)).toEqual([
      "default/p:80",
      "default/p:80",
      "default/q:80",
      "read",
      "read",
      "default/q:80",
      "default/q:80",
      "read",
      "read",
      "read",
      "read",
    ]);
    expect([told, table.passthroughs]).toEqual([[], 3]);
  });

  it("are those of the oldest Ingress alone: another namespace takes no host over, and its paths are closed", () => {
    const taker = other("taker", { "a.com": { "/": "q", "/x": "q" } }, PASSES);
    const taken = "other/taker rule a.com path / INGRESS_PATH_TAKEN warning";
    const owner = ingressOf("own", { "a.com": { "/": "p" } });
    const { to, told, table } = look(owner, taker);
    expect(to("a.com")).toBe("read");
    expect(told).toEqual([taken, `other/taker ${UNSERVED}`]);
    expect([route(table, { host: "a.com", path: "/" }), route(table, { host: "a.com", path: "/x" })]).toMatchObject([
      { kind: "forward", backend: { key: "default/p:80" } },
      { kind: "refuse", reason: "closed-unsupported" },
    ]);
    const second = look(passing(), taker);
    expect([second.to("a.com"), second.told]).toEqual(["default/p:80", [taken, `other/taker ${UNSERVED}`]]);
  });

  it("go where they go, whatever paths others have, who are told", () => {
    const others = [
      other("o", { "a.com": { "/admin": "q" } }, { isRestricted: true, settings: { authType: "basic" } }),
      other("proof", { "a.com": { "/.well-known/acme-challenge/token": "q" } }),
      ingressOf("same", { "a.com": { "/b": "p" } }, { createdMs: 3 }),
    ];
    const { to, told } = look(passing(), ...others);
    expect(to("a.com")).toBe("default/p:80");
    expect(told).toEqual(["other/o rule a.com path /admin INGRESS_PASSTHROUGH_HIDES warning"]);
  });

  it("are let in by networks and numbers, as said of requests", () => {
    const allowedSources = parseNetworkSet("10.0.0.0/8")!;
    const restricted = {
      settings: { ...PASSES.settings, allowedSources, clientConnections: 5 },
      isRestricted: true,
    } as const;
    const { to, told, table } = look(passing(restricted));
    expect([to("a.com"), told]).toEqual(["default/p:80", []]);
    expect(passthroughFor(table, "a.com")?.filters).toMatchObject({
      sources: { allowed: allowedSources },
      clientLimits: { connections: 5 },
    });
  });

  it.each([
    { name: "by sign-in", settings: { authType: "basic", authSecret: "default/s" }, why: /by what requests have/ },
    { name: "by a rate", settings: { requestsPerSecond: 5 }, why: /limits requests in a time/ },
    { name: "by client certificates", settings: { authTlsSecret: "default/ca" }, why: /client certificates/ },
    { name: "in a way that no filter shows", settings: {}, why: /restricts who may come in/ },
  ])("are closed where the Ingress restricts who comes in $name", ({ settings, why }) => {
    const all = { settings: { ...PASSES.settings, ...settings }, isRestricted: true } as Partial<Ingress>;
    const { to, told, whys, table } = look(passing(all));
    expect([to("a.com"), told]).toEqual(["closed-restriction", [`default/pass ${UNSERVED}`]]);
    expect(whys[0]).toMatch(why);
    expect(table.passthroughs).toBe(1);
  });

  it.each([
    {
      name: "a restricted path of its namespace",
      more: [ingressOf("r", { "a.com": { "/r": "q" } }, { isRestricted: true, createdMs: 5 })],
    },
    {
      name: "a closed path of its namespace",
      more: [
        ingressOf(
          "r",
          { "a.com": { "/r": "q" } },
          { closed: "closed-restriction", createdMs: 5, rules: closedRules("/r") },
        ),
      ],
    },
    {
      name: "a host that is closed as a whole",
      more: [other("r", {}, { closed: "closed-restriction", rules: closedRules("", true) })],
    },
    {
      name: "client certificates of another Ingress",
      more: [other("r", { "a.com": { "/r": "q" } }, { settings: { authTlsSecret: "other/ca" } })],
    },
  ])("are closed because of $name", ({ more }) => {
    const { to, told } = look(passing(), ...more);
    expect(to("a.com")).toBe("closed-restriction");
    expect(told).toContain(`default/pass ${UNSERVED}`);
  });

  it("are closed because of a default backend that is restricted otherwise, where that has requests", () => {
    const settings = { authType: "basic", authSecret: "default/s" } as object;
    // As where a policy is attached to it alone.
    const defaultTerms = { settings, isClosed: false, isRestricted: true, applied: [] };
    const more = { ...PASSES, defaultBackend: { serviceName: "q", servicePort: 80 }, defaultTerms };
    const asked = look(ingressOf("pass", { "a.com": { "=/": "p" } }, more));
    expect([asked.to("a.com"), asked.told]).toEqual(["closed-restriction", [`default/pass ${UNSERVED}`]]);
    expect(look(passing(more)).to("a.com")).toBe("default/p:80");
    const { defaultBackend } = more;
    const open = look(ingressOf("pass", { "a.com": { "=/": "p" } }, { ...PASSES, defaultBackend }));
    expect([open.to("a.com"), open.told]).toEqual([
      "default/p:80",
      ["default/pass spec.defaultBackend INGRESS_PASSTHROUGH_HIDES warning"],
    ]);
  });

  it("are those of the oldest Ingress though a younger one of its namespace asks for them, and closed where that is restricted or closed otherwise", () => {
    const second = (more: Partial<Ingress> = {}) =>
      ingressOf("second", { "a.com": { "/x": "q" } }, { ...PASSES, createdMs: 5, ...more });
    const { to, told, table } = look(passing(), second());
    expect([to("a.com"), told]).toEqual(["default/p:80", [`default/second ${UNSERVED}`]]);
    expect(route(table, { host: "a.com", path: "/x" })).toMatchObject({ kind: "refuse", reason: "closed-unsupported" });
    expect(look(passing(), second({ isRestricted: true })).to("a.com")).toBe("closed-restriction");
    expect(look(passing(), second({ rules: closedRules("/x") })).to("a.com")).toBe("closed-restriction");
  });

  it("are closed where the path / is answered by us, and read where all of the Ingress is closed", () => {
    const [rule] = passing().rules;
    const [path] = rule!.paths;
    const target = {
      redirect: { status: 301, location: { parts: ["https://b.com"] }, isRelative: false },
    } as unknown as NonNullable<typeof path>["target"];
    const answered = look(passing({ rules: [{ ...rule!, paths: [{ ...path!, target }] }] }));
    expect([answered.to("a.com"), answered.told]).toEqual(["closed-unsupported", [`default/pass ${UNSERVED}`]]);
    expect(look(passing({ closed: "closed-restriction" })).to("a.com")).toBe("read");
  });

  it("are counted as hosts come and go", () => {
    const before = routingSnapshot({ ingresses: [passing()], services, slices });
    const table = buildRoutes(before);
    const without = routingSnapshot({ ingresses: [passing({ settings: {} })], services, slices });
    const after = replaceHosts(table, mergeHosts(["a.com"], without));
    const gone = replaceHosts(table, [["a.com", undefined]]);
    const again = replaceHosts(table, mergeHosts(["a.com"], before));
    expect([table, after, gone, again].map(({ passthroughs }) => passthroughs)).toEqual([1, 0, 0, 1]);
  });
});

function closedRules(path: string, isPattern = false): Ingress["rules"] {
  const target = { closed: "closed-restriction" } as const;
  return [
    {
      host: "a.com",
      paths: [{ path, pathType: "ImplementationSpecific", target, at: "here", ...(isPattern && { isPattern }) }],
    },
  ];
}
