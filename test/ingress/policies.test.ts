import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import type { IngressContext } from "#ingress/reader/ingress-context.ts";
import { startIngressLoop } from "#ingress/reader/ingress-loop.ts";
import { RouteIndex } from "#ingress/server/route-index.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { createLogger } from "#src/process/log.ts";
import { EMPTY_ROUTES } from "#src/routing/empty-routes.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import { route } from "#src/routing/route.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import { readEvents } from "#src/source/folder/event-file.ts";
import { openFolderSource } from "#src/source/folder/folder.ts";
import type { Source, SourceListener } from "#src/source/source.ts";
import { eventually } from "#test/support/eventually.ts";
import { ingressYaml, policyYaml } from "#test/routing/policy-world.ts";

const log = createLogger({ component: "test", level: "silent" });
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const SCOPE = { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true };
const WEB = [{ kind: "Ingress", name: "web" }];
const USERS = `---
apiVersion: v1
kind: Secret
metadata: {name: users, namespace: shop}
stringData: {auth: "ada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="}
`;
const INGRESS = ingressYaml("web", { "/api": "web", "/": "cart" });

/** A source of which a test says whether it has the kind HTTPPolicy, as a cluster may or may not. */
function withKind(source: Source) {
  let isThere = true;
  let listener: SourceListener | undefined;
  const shown: Source = new Proxy(source, {
    get(target, name) {
      if (name === "has") return (kind: Parameters<Source["has"]>[0]) => kind !== "HTTPPolicy" || isThere;
      if (name === "get")
        return (...[kind, key]: Parameters<Source["get"]>) =>
          kind === "HTTPPolicy" && !isThere ? undefined : target.get(kind, key);
      if (name === "open")
        return async (...[kinds, given]: Parameters<Source["open"]>) => {
          listener = given;
          await target.open(kinds, given);
        };
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return {
    shown,
    remove: () => {
      isThere = false;
      listener?.onChange([{ kind: "HTTPPolicy", namespace: "shop", name: "p" }]);
      listener?.onPresence?.("HTTPPolicy");
    },
    install: () => {
      isThere = true;
      listener?.onPresence?.("HTTPPolicy");
    },
  };
}

async function start(
  files: Readonly<Record<string, string>>,
  more: Partial<Pick<IngressContext, "defaultService" | "namespaceSelector">> = {},
) {
  const directory = mkdtempSync(join(tmpdir(), "hawser-policies-"));
  const put = (name: string, text: string) => writeFileSync(join(directory, `${name}.yaml`), text);
  for (const [name, text] of Object.entries(files)) put(name, text);
  const source = openFolderSource({ directory, log, debounceMs: 5 });
  const { shown, remove, install } = withKind(source);
  let table: RouteTable = EMPTY_ROUTES;
  // A worker has no more than the messages.
  const workers = new RouteIndex(SCOPE, more);
  let served: RouteTable = EMPTY_ROUTES;
  let passwords: readonly string[] = [];
  const loop = await startIngressLoop({
    source: shown,
    scope: SCOPE,
    certificates: new Certificates(Date.now()),
    log,
    publish: { service: undefined, usesNodes: false, addresses: [] },
    usePasswords: (lists) => (passwords = [...lists.keys()]),
    useRoutes: (after, changes) => {
      table = after;
      served = workers.update(structuredClone(changes));
    },
    ...more,
  });
  closers.push(
    () => rmSync(directory, { recursive: true, force: true }),
    async () => source.close(),
    async () => loop.close(),
  );
  const statusFile = (name: string) => join(directory, ".hawser/status/HTTPPolicy/shop", `${name}.yaml`);
  return {
    loop,
    put,
    remove: (name: string) => rmSync(join(directory, `${name}.yaml`)),
    removeKind: remove,
    installKind: install,
    passwords: () => passwords,
    /** The rule for what no other one matches, here and in a worker. */
    byDefault: () => [table, served].map(({ fallback }) => fallback),
    /** Why a request is refused, apart from that there is no endpoint; undefined: it is not. */
    refusal: (path: string): string | undefined => {
      const decision = route(table, { host: "a.com", path });
      return decision.kind === "refuse" && decision.reason !== "no-service" ? decision.reason : undefined;
    },
    limits: (path: string): boolean => {
      const decision = route(table, { host: "a.com", path });
      return "rule" in decision && decision.rule?.filters.clientLimits !== undefined;
    },
    condition: (name: string): unknown => {
      if (!existsSync(statusFile(name))) return undefined;
      const { status } = parse(readFileSync(statusFile(name), "utf8")) as {
        status: { conditions: readonly Readonly<Record<string, unknown>>[] };
      };
      const [{ lastTransitionTime: _time, ...condition } = {}] = status.conditions;
      return condition;
    },
    writtenAt: (name: string) => statSync(statusFile(name)).mtimeMs,
    allEvents: () => readEvents(directory),
    events: async () => (await readEvents(directory)).filter(({ about }) => about.kind === "HTTPPolicy"),
  };
}

const accepted = { type: "Accepted", status: "True", reason: "Accepted", message: "It is in use for all its targets." };

describe("policies in the ingress", () => {
  it("E are attached, changed and taken away while it runs, and their status says what becomes of them", async () => {
    const limit = policyYaml("p", WEB, { settings: { "limit-rps": "1" } });
    const world = await start({ web: INGRESS, p: limit });
    expect([world.limits("/api"), world.limits("/"), world.refusal("/")]).toEqual([true, true, undefined]);
    await vi.waitFor(() => expect(world.condition("p")).toEqual(accepted), eventually);
    const writes = (): number => world.loop.status?.writes ?? 0;
    await vi.waitFor(() => expect(writes()).toBe(1), eventually);

    world.put("p", policyYaml("p", [{ ...WEB[0], path: "/api" }], { settings: { "limit-rps": "1" } }));
    await vi.waitFor(() => expect([world.limits("/api"), world.limits("/")]).toEqual([true, false]), eventually);
    await world.loop.idle();
    expect(world.condition("p")).toEqual(accepted);

    world.put("p", policyYaml("p", [{ ...WEB[0], path: "/api" }], { settings: { "limit-rps": "some" } }));
    await vi.waitFor(() => expect(world.refusal("/api")).toBe("closed-policy"), eventually);
    expect(world.refusal("/")).toBeUndefined();
    const invalid = {
      type: "Accepted",
      status: "False",
      reason: "Invalid",
      message: expect.stringContaining('HTTPPolicy "shop/p" spec.settings["limit-rps"]'),
    };
    await vi.waitFor(() => expect(world.condition("p")).toEqual(invalid), eventually);
    await vi.waitFor(
      async () =>
        expect((await world.events()).map(({ type, reason }) => [type, reason])).toEqual([["Warning", "Invalid"]]),
      eventually,
    );
    await vi.waitFor(() => expect(writes()).toBe(2), eventually);

    world.remove("p");
    await vi.waitFor(() => expect(world.refusal("/api")).toBeUndefined(), eventually);
    expect([world.limits("/api"), writes()]).toEqual([false, 2]);
  });

  it("E that name what is not there say so, and are in use once it is", async () => {
    const target = [...WEB, { kind: "Ingress", name: "web", path: "/apis" }];
    const world = await start({ web: INGRESS, p: policyYaml("p", target, { settings: { "limit-rps": "1" } }) });
    expect(world.limits("/")).toBe(true);
    await vi.waitFor(
      () =>
        expect(world.condition("p")).toMatchObject({
          reason: "TargetNotFound",
          message: expect.stringMatching(/spec\.targetRefs\[1\].*has no path \/apis.*there: \/api, \//),
        }),
      eventually,
    );
    world.put("web", ingressYaml("web", { "/apis": "web" }));
    await vi.waitFor(() => expect(world.condition("p")).toEqual(accepted), eventually);
    const events = (await world.events()).map(({ type, reason }) => [type, reason]);
    expect(events).toEqual([["Warning", "TargetNotFound"]]);
  });

  it("E that contradict each other name each other", async () => {
    const world = await start({
      web: INGRESS,
      p: policyYaml("p", WEB, { settings: { "limit-rps": "1" } }, "2026-01-01T00:00:00Z"),
      q: policyYaml("q", WEB, { settings: { "limit-rps": "2" } }, "2026-02-01T00:00:00Z"),
    });
    expect(world.refusal("/")).toBe("closed-policy");
    for (const [one, other] of [
      ["p", "q"],
      ["q", "p"],
    ] as const)
      await vi.waitFor(
        () =>
          expect(world.condition(one)).toMatchObject({
            status: "False",
            reason: "Conflicted",
            message: expect.stringContaining(`HTTPPolicy "shop/${other}"`),
          }),
        eventually,
      );
  });

  it("E of Ingresses of another class are left alone", async () => {
    const foreign = INGRESS.replace('"spec":{', '"spec":{"ingressClassName":"other",');
    const world = await start({ web: foreign, p: policyYaml("p", WEB, { unknown: {} }), q: policyYaml("q", [], {}) });
    await vi.waitFor(() => expect(world.condition("q")).toMatchObject({ reason: "Invalid" }), eventually);
    await world.loop.idle();
    expect(world.condition("p")).toBeUndefined();
  });

  it.each([
    { namespaceSelector: undefined },
    { namespaceSelector: [{ key: "team", operator: "Exists" as const, values: [] }] },
  ])(
    "E hold at the Service of --default-backend-service, from the first table on and in workers: %o",
    async ({ namespaceSelector }) => {
      const of = (settings: object) => policyYaml("p", [{ kind: "Service", name: "errors" }], { settings });
      const options = { defaultService: "shop/errors", namespaceSelector };
      const world = await start({ web: INGRESS, p: of({ "limit-rps": "1" }) }, options);
      const limits = () => world.byDefault().map((rule) => rule?.filters.clientLimits !== undefined);
      expect(limits()).toEqual([true, true]);
      await vi.waitFor(() => expect(world.condition("p")).toEqual(accepted), eventually);

      world.put("p", of({ "auth-type": "basic", "auth-secret": "users" }));
      await vi.waitFor(() => expect(limits()).toEqual([false, false]), eventually);
      for (const rule of world.byDefault()) expect(rule).toMatchObject({ isRestricted: true, policies: ["shop/p"] });
      const problems = world.loop.problemCount();
      world.put("secret", USERS);
      await vi.waitFor(() => expect(world.passwords()).toEqual(["auth-file shop/users"]), eventually);
      await vi.waitFor(() => expect(world.loop.problemCount()).toBeLessThan(problems), eventually);
      // There is no object that an Event of a Secret could be about.
      expect(await world.allEvents()).toEqual([]);

      world.put("p", of({ "limit-rps": "some" }));
      const closed = { kind: "closed", reason: "closed-policy" };
      await vi.waitFor(
        () => expect(world.byDefault()).toMatchObject([{ action: closed }, { action: closed }]),
        eventually,
      );
      await vi.waitFor(() => expect(world.condition("p")).toMatchObject({ reason: "Invalid" }), eventually);

      world.remove("p");
      const open = { action: { kind: "forward", backend: "shop/errors:" }, isRestricted: false };
      await vi.waitFor(() => expect(world.byDefault()).toMatchObject([open, open]), eventually);
    },
  );

  it("E have the Secrets read that they name", async () => {
    const settings = { "auth-type": "basic", "auth-secret": "users" };
    const world = await start({
      web: INGRESS,
      secret: USERS,
      p: policyYaml("p", [{ kind: "Service", name: "web" }], { settings }),
    });
    await vi.waitFor(() => expect(world.passwords()).toEqual(["auth-file shop/users"]), eventually);
  });

  it("E say what they said when the definition of their kind is removed, until it is there again", async () => {
    const world = await start({ web: INGRESS, p: policyYaml("p", WEB, { settings: { "limit-rps": "1" } }) });
    expect(world.limits("/")).toBe(true);
    const before = world.loop.problemCount();
    world.removeKind();
    await vi.waitFor(() => expect(world.loop.problemCount()).toBe(before + 1), eventually);
    await world.loop.idle();
    expect(world.limits("/")).toBe(true);
    world.put("web", ingressYaml("web", { "/new": "web" }));
    await vi.waitFor(() => expect(world.limits("/new")).toBe(true), eventually);
    world.installKind();
    await vi.waitFor(() => expect(world.loop.problemCount()).toBe(before), eventually);
    expect(world.limits("/new")).toBe(true);
    world.removeKind();
    world.remove("p");
    await world.loop.idle();
    expect(world.limits("/new")).toBe(true);
    world.installKind();
    await vi.waitFor(() => expect(world.limits("/new")).toBe(false), eventually);
  });
});
