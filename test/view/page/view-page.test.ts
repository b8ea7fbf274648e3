import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { HISTORY_REPORT } from "#src/model/address-history.ts";
import { seeRoutes } from "#src/view/see-routes.ts";
import { viewStatus } from "#src/view/status-view.ts";
import { viewPage } from "#src/view/page/view-page.ts";
import { viewRoutes } from "#src/view/view-routes.ts";
import { explainCase, explainCases } from "#test/support/explain-cases.ts";
import { explainUrlCase, explainUrlCases } from "#test/support/explain-url-cases.ts";
import { routesInputOf } from "#test/support/routes-input-of.ts";

const cases = explainCases.map((name) => ({ name, input: explainCase(name) }));
const golden = new URL("../../golden/page/", import.meta.url);

describe("14 A the figures of the page are those of hawser status", () => {
  it.each(cases)("$name", ({ input }) => {
    const [page, status] = [viewPage(input), viewStatus(input)];
    const unserved = status.services.filter(({ served }) => !served);
    const services = {
      all: status.services.length,
      unserved: unserved.length,
      pending: unserved.filter(({ addresses }) => addresses.length === 0).length,
    };
    expect(page.strip.services).toEqual(status.unknown.includes("services") ? null : services);
    expect(page.strip.speakers?.up ?? null).toBe(
      status.unknown.includes("speakers") ? null : status.speakers.filter(({ state }) => state === "up").length,
    );
    const announced = Object.fromEntries(page.nodes.map(({ key, state, announces }) => [key, [state, announces]]));
    expect(announced).toEqual(
      Object.fromEntries(status.speakers.map(({ node, state, announcing }) => [node, [state, announcing.length]])),
    );
    expect(page.pools.map(({ key, size, used }) => [key, size, used])).toEqual(
      status.pools.map(({ name, size, used }) => [name, size, used ?? null]),
    );
    const named = status.services.flatMap(({ service, addresses }) =>
      addresses.length === 0 ? [[service, "", ""]] : addresses.map(({ ip, owner = "" }) => [service, ip, owner]),
    );
    expect(page.addresses.map(({ service, ip, owner }) => [service, ip, owner ?? ""])).toEqual(named);
  });

  it.each(explainUrlCases)("the routes of %s are those of hawser routes", (name) => {
    const { seen } = explainUrlCase(name);
    const { routes } = viewRoutes(seen);
    const page = viewPage(explainCase("Announced.in.yaml"), seen);
    const textsOf = (all: readonly { host: string; path: string; closed: unknown; endpoints: unknown }[]) =>
      all.map(({ host, path, closed, endpoints }) => JSON.stringify([host, path, closed, endpoints])).sort();
    expect(textsOf(page.routes)).toEqual(textsOf(routes ?? []));
    expect(page.unknown.includes("routes")).toBe(routes === undefined);
    expect(new Set(page.routes.map(({ key }) => key)).size).toBe(page.routes.length);
  });
});

describe("14 A what needs a person", () => {
  it.each(cases)("$name: each Service that is not served, with what to do, and each Problem", ({ input }) => {
    const [{ needs }, status] = [viewPage(input), viewStatus(input)];
    const unserved = status.services.filter(({ served }) => !served).map(({ service }) => service);
    const found = new Set(needs.filter(({ severity }) => severity === "alarm").map(({ subject }) => subject));
    expect(unserved.filter((service) => !found.has(service))).toEqual([]);
    expect(
      status.problems.map(({ code }) => code).filter((code) => !needs.some(({ reason }) => reason === code)),
    ).toEqual([]);
    for (const { text, fix } of needs) expect([text, fix].join("")).toMatch(/[.?]$/);
    expect(needs.map(({ severity }) => severity)).toEqual(needs.map(({ severity }) => severity).toSorted());
  });

  it.each([
    "NoEligibleNode.in.yaml",
    "PoolExhausted.in.yaml",
    "AddressOrphaned.in.yaml",
    "ConfigInvalid.in.yaml",
    "SpeakerProblem.in.yaml",
  ])("the page of %s", async (name) => {
    const out = stringify(viewPage(explainCase(name), seeRoutes(routesInputOf([]))), { lineWidth: 0 });
    await expect(out).toMatchFileSnapshot(new URL(name.replace(".in.yaml", ".yaml"), golden).pathname);
  });

  it("all parts that may not be read are unknown, and no figure is made up", () => {
    const blind = Object.fromEntries(
      ["services", "configMaps", "nodes", "slices", "processes", "reports", "members", "leases", "events"].map(
        (part) => [part, undefined],
      ),
    );
    const page = viewPage({ ...explainCase("Announced.in.yaml"), ...blind });
    expect(page.strip).toEqual({ services: null, speakers: null, leader: null, config: null });
    expect(page.unknown).toEqual(
      expect.arrayContaining([
        "services",
        "pools",
        "nodes",
        "endpoints",
        "pods",
        "speakers",
        "leaders",
        "events",
        "routes",
      ]),
    );
  });
});

describe("14 A the rack", () => {
  const base = explainCase("Announced.in.yaml");
  const withUnheard = (unheard: readonly string[]) => ({
    ...base,
    reports: new Map(
      [...(base.reports ?? [])].map(([name, one]) => [name, name === "speaker-n1" ? { ...one, unheard } : one]),
    ),
  });

  it.each([
    { name: "all hear each other", input: base, health: ["ok", "ok", "ok"] },
    { name: "n1 does not hear n3", input: withUnheard(["n3"]), health: ["cut", "ok", "cut"] },
    {
      name: "the pod of n2 does not run",
      input: {
        ...base,
        processes: base.processes?.map((one) =>
          one.node === "n2" ? { ...one, isRunning: false, isReady: false } : one,
        ),
      },
      health: ["ok", "down", "ok"],
    },
    {
      name: "reports may not be read",
      input: { ...base, reports: undefined },
      health: ["unknown", "unknown", "unknown"],
    },
  ])("$name", ({ input, health }) => {
    expect(
      viewPage(input)
        .nodes.toSorted((left, right) => (left.key < right.key ? -1 : 1))
        .map((node) => node.health),
    ).toEqual(health);
  });
});

describe("14 A the last hour", () => {
  const at = (minutes: number): string => new Date(base.nowMs - minutes * 60_000).toISOString();
  const base = explainCase("Announced.in.yaml");
  const announced = { change: "announced", addresses: ["192.0.2.1"] };
  const history = {
    holdings: [{ at: at(3), change: "assigned", address: "192.0.2.1", service: "shop/web" }],
    announcements: [
      { ...announced, at: at(1), node: "n2", from: "n1", cause: "MemberSilent", silentMs: 96 },
      { ...announced, at: at(4), node: "n2", from: "n1", cause: "MemberSilent" },
      { ...announced, at: at(5), node: "n1", from: "n2", cause: "Rebalanced" },
      { ...announced, at: at(61), node: "n1", from: "", cause: "Vacant" },
    ],
  };
  const event = (reason: string, type: "Normal" | "Warning", minutes: number) => ({
    about: { kind: "ConfigMap" as const, namespace: "hawser-system", name: "hawser" },
    type,
    reason,
    message: "1 pool",
    time: at(minutes),
    first: at(minutes),
    count: 1,
  });

  it("has takeovers, assignments and loads of the configuration, the latest first, and nothing older", () => {
    const input = {
      ...base,
      reports: new Map(),
      history: new Map([[HISTORY_REPORT, history]]),
      events: [event("ConfigLoaded", "Normal", 2), event("PoolHasRoom", "Normal", 2)],
    };
    expect(viewPage(input).hour.map(({ kind, text, reason, gapMs }) => [kind, text, reason, gapMs])).toEqual([
      ["takeover", "n2 took over 192.0.2.1 from n1", "MemberSilent", 96],
      ["config", "ConfigMap hawser-system/hawser: 1 pool", "ConfigLoaded", null],
      ["assigned", "shop/web was assigned 192.0.2.1", "", null],
      ["takeover", "n2 took over 192.0.2.1 from n1", "MemberSilent", null],
      ["takeover", "n1 took over 192.0.2.1 from n2", "Rebalanced", null],
    ]);
  });

  it.each([
    {
      name: "loaded",
      events: [event("ConfigInvalid", "Warning", 9), event("ConfigLoaded", "Normal", 2)],
      since: at(2),
    },
    {
      name: "invalid",
      events: [event("ConfigLoaded", "Normal", 9), event("ConfigInvalid", "Warning", 2)],
      since: at(2),
    },
    { name: "unknown", events: [], since: "" },
  ])("says that the configuration is $name, and since when", ({ name, events, since }) => {
    expect(viewPage({ ...base, events }).strip.config).toMatchObject({ state: name, since });
  });
});
