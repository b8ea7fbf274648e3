import { afterEach, describe, expect, it, vi } from "vitest";
import type { Kind } from "#src/model/kind.ts";
import { keyOf, type KubeObject, type ObjectRef } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Source } from "#src/source/source.ts";
import type { EventRecord } from "#src/status/event-record.ts";
import { eventually } from "#test/support/eventually.ts";

/** One program that watches the world of a test. */
export interface Program {
  readonly source: Source;
  /** Every call of `onChange`. */
  readonly changes: (readonly ObjectRef[])[];
  /** Every call of `onPresence`. */
  readonly presence: Kind[];
  /** Every call of `onProblems`. */
  readonly problems: { readonly where: string; readonly problems: readonly Problem[] }[];
}

/** What the suite needs of a kind of source: a fresh, empty world for each test, and hands to change it from outside. */
export interface World {
  /** A source of a further program, not open yet. */
  source(): Source;
  put(manifest: Readonly<Record<string, unknown>>): Promise<void>;
  remove(ref: ObjectRef): Promise<void>;
  /** Every kind is known to the world, and stays so. */
  readonly hasAllKinds?: true;
  /** Makes optional kinds known to the world, where they have to be; the objects of one that is undefined are gone. */
  define(kind: Kind): Promise<void>;
  undefine(kind: Kind): Promise<void>;
  /** Resolves when nothing of an object that was removed is left. */
  forgotten(ref: ObjectRef): Promise<void>;
  /** The Events a person sees. */
  events(): Promise<readonly (EventRecord & { readonly count: number })[]>;
  close(): Promise<void>;
}

const lastTransitionTime = "2026-01-02T03:04:05Z";

export function serviceManifest(name: string, extra: Readonly<Record<string, unknown>> = {}) {
  const spec = { type: "LoadBalancer", ports: [{ port: 80 }], ...extra };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "shop" }, spec };
}

function poolManifest(name: string) {
  const spec = { addresses: ["192.0.2.0/24"] };
  return { apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata: { name, namespace: "shop" }, spec };
}

export function configMapManifest(name: string, data: Readonly<Record<string, string>>) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data };
}

export function refTo(name: string, kind: Kind = "Service"): ObjectRef {
  return { kind, namespace: "shop", name };
}

/** What every Source promises. `makeWorld` gives each test its own. */
export function describeSource(name: string, makeWorld: () => Promise<World>): void {
  describe(`${name} as a Source`, () => {
    const closers: (() => Promise<void>)[] = [];
    /** Each source, and its objects as somebody knows them who looks only at what is told. */
    const started: { readonly source: Source; readonly known: ReadonlyMap<Kind, Map<string, KubeObject>> }[] = [];
    afterEach(async () => {
      for (const { source, known } of started.splice(0)) {
        for (const [kind, objects] of known)
          await vi.waitFor(() => expect(objects).toEqual(source.list(kind)), eventually);
      }
      for (const close of closers.splice(0).reverse()) await close();
    });

    async function world(...manifests: Readonly<Record<string, unknown>>[]): Promise<World> {
      const made = await makeWorld();
      closers.push(async () => made.close());
      for (const manifest of manifests) await made.put(manifest);
      return made;
    }

    async function start(in_: World, kinds: readonly Kind[] = ["Service", "ConfigMap"]): Promise<Program> {
      const source = in_.source();
      const known = new Map(kinds.map((kind) => [kind, new Map<string, KubeObject>()]));
      const program: Program = { source, changes: [], presence: [], problems: [] };
      closers.push(async () => source.close());
      started.push({ source, known });
      await source.open(kinds, {
        onChange: (changed) => {
          program.changes.push(changed);
          for (const { kind, namespace, name } of changed) {
            const key = keyOf({ namespace, name });
            const object = source.get(kind, key);
            if (object === undefined) known.get(kind)?.delete(key);
            else known.get(kind)?.set(key, object);
          }
        },
        onPresence: (kind) => program.presence.push(kind),
        onProblems: (where, problems) => program.problems.push({ where, problems }),
      });
      return program;
    }

    const find = ({ source }: Program, ref: ObjectRef): KubeObject | undefined => source.get(ref.kind, keyOf(ref));
    const statusOf = (program: Program, ref: ObjectRef): unknown => find(program, ref)?.["status"];

    it("lists all that exists once open() resolves", async () => {
      const program = await start(await world(serviceManifest("a"), serviceManifest("b"), configMapManifest("c", {})));
      expect([...program.source.list("Service").keys()].sort()).toEqual(["shop/a", "shop/b"]);
      expect([...program.source.list("ConfigMap").keys()]).toEqual(["shop/c"]);
    });

    it("lists only the kinds it was opened for", async () => {
      const program = await start(await world(serviceManifest("a")), ["ConfigMap"]);
      expect(() => program.source.list("Service")).toThrow("Service");
    });

    it("tells of new, changed and removed objects, and lists them as they are", async () => {
      const made = await world();
      const program = await start(made);
      const told = (): readonly string[] => program.changes.flat().map(({ kind, name }) => `${kind} ${name}`);
      await made.put(serviceManifest("a"));
      await vi.waitFor(() => expect(find(program, refTo("a"))).toBeDefined(), eventually);
      expect(told()).toContain("Service a");
      program.changes.length = 0;
      await made.put(serviceManifest("a", { ports: [{ port: 8080 }] }));
      const port = { ports: [{ port: 8080 }] };
      await vi.waitFor(() => expect(find(program, refTo("a"))?.["spec"]).toMatchObject(port), eventually);
      expect(told()).toContain("Service a");
      program.changes.length = 0;
      await made.remove(refTo("a"));
      await vi.waitFor(() => expect(find(program, refTo("a"))).toBeUndefined(), eventually);
      expect(told()).toContain("Service a");
    });

    it("never changes a map it gave out, and keeps objects that did not change the same", async () => {
      const made = await world(serviceManifest("a"));
      const program = await start(made);
      const before = program.source.list("Service");
      const object = find(program, refTo("a"));
      await made.put(serviceManifest("b"));
      await vi.waitFor(() => expect(find(program, refTo("b"))).toBeDefined(), eventually);
      expect([...before.keys()]).toEqual(["shop/a"]);
      expect(find(program, refTo("a"))).toBe(object);
    });

    const follow = async (in_: World, ...names: readonly string[]): Promise<Program> => {
      const program = await start(in_, ["Service"]);
      await program.source.follow("ConfigMap", new Set(names.map((named) => `shop/${named}`)));
      return program;
    };
    const followed = ({ source }: Program): readonly string[] => [...source.list("ConfigMap").keys()].sort();

    it("shows of a kind that is followed by name those named, and no others", async () => {
      const made = await world(configMapManifest("a", {}), configMapManifest("b", {}), configMapManifest("c", {}));
      const program = await follow(made, "a", "c", "nobody");
      expect(followed(program)).toEqual(["shop/a", "shop/c"]);
      expect(program.changes.flat().map(({ name }) => name)).not.toContain("b");
      expect(() => program.source.list("Secret")).toThrow("Secret");
    });

    it("tells of what is followed by name: made, changed and removed, and of no other", async () => {
      const made = await world();
      const program = await follow(made, "a");
      const told = (): readonly string[] => program.changes.flat().map(({ kind, name }) => `${kind} ${name}`);
      await made.put(configMapManifest("b", {}));
      await made.put(configMapManifest("a", { x: "1" }));
      await vi.waitFor(() => expect(followed(program)).toEqual(["shop/a"]), eventually);
      expect(told()).toContain("ConfigMap a");
      program.changes.length = 0;
      await made.put(configMapManifest("b", { x: "2" }));
      await made.put(configMapManifest("a", { x: "2" }));
      const data = { data: { x: "2" } };
      await vi.waitFor(() => expect(find(program, refTo("a", "ConfigMap"))).toMatchObject(data), eventually);
      await made.remove(refTo("a", "ConfigMap"));
      await vi.waitFor(() => expect(followed(program)).toEqual([]), eventually);
      expect(new Set(told())).toEqual(new Set(["ConfigMap a"]));
    });

    it("forgets what is followed no longer, and finds it again as it is then", async () => {
      const made = await world(configMapManifest("a", { x: "1" }), configMapManifest("b", {}));
      const program = await follow(made, "a");
      await program.source.follow("ConfigMap", new Set(["shop/b"]));
      expect(followed(program)).toEqual(["shop/b"]);
      program.changes.length = 0;
      await made.put(configMapManifest("a", { x: "2" }));
      await made.put(configMapManifest("b", { x: "2" }));
      const data = { data: { x: "2" } };
      await vi.waitFor(() => expect(find(program, refTo("b", "ConfigMap"))).toMatchObject(data), eventually);
      expect(program.changes.flat().map(({ name }) => name)).not.toContain("a");
      await program.source.follow("ConfigMap", new Set(["shop/a", "shop/b"]));
      expect(find(program, refTo("a", "ConfigMap"))).toMatchObject(data);
    });

    it("keeps objects that are followed the same while they do not change", async () => {
      const made = await world(configMapManifest("a", {}), configMapManifest("b", {}));
      const program = await follow(made, "a");
      const [before, list] = [find(program, refTo("a", "ConfigMap")), program.source.list("ConfigMap")];
      await program.source.follow("ConfigMap", new Set(["shop/a", "shop/b"]));
      expect(find(program, refTo("a", "ConfigMap"))).toBe(before);
      expect([...list.keys()]).toEqual(["shop/a"]);
    });

    it("refuses to follow by name a kind that it shows all of", async () => {
      const program = await start(await world());
      await expect(program.source.follow("ConfigMap", new Set())).rejects.toThrow("ConfigMap");
    });

    it("is ready without an optional kind, shows it when it comes, and has none of it when it goes", async () => {
      const made = await world(serviceManifest("a"));
      const program = await start(made, ["Service", "IPAddressPool"]);
      const { source, presence } = program;
      const shown = () => [source.has("IPAddressPool"), [...source.list("IPAddressPool").keys()]];
      const { hasAllKinds: isAlways = false } = made;
      expect([source.has("Service"), ...shown()]).toEqual([true, isAlways, []]);
      for (let times = 0; times < 2; times++) {
        presence.length = 0;
        await made.define("IPAddressPool");
        await made.put(poolManifest("edge"));
        await vi.waitFor(() => expect(shown()).toEqual([true, ["shop/edge"]]), eventually);
        await made.undefine("IPAddressPool");
        await vi.waitFor(() => expect(shown()).toEqual([isAlways, []]), eventually);
        expect(presence).toEqual(isAlways ? [] : ["IPAddressPool", "IPAddressPool"]);
      }
      expect(program.problems).toEqual([]);
    });

    it("creates an object that every program sees, once", async () => {
      const made = await world();
      const programs = [await start(made), await start(made)];
      const object = {
        kind: "ConfigMap",
        metadata: { namespace: "shop", name: "log", labels: { app: "x" } },
        data: { a: "1" },
      } as const;
      const results = await Promise.all(programs.map(async ({ source }) => source.create(object)));
      expect(results.toSorted()).toEqual(["created", "exists"]);
      for (const program of programs)
        await vi.waitFor(
          () =>
            expect(find(program, refTo("log", "ConfigMap"))).toMatchObject({
              apiVersion: "v1",
              metadata: { labels: { app: "x" } },
              data: { a: "1" },
            }),
          eventually,
        );
      expect(await programs[0]?.source.create({ ...object, data: { a: "2" } })).toBe("exists");
      const later = await start(made);
      expect(find(later, refTo("log", "ConfigMap"))).toMatchObject({ data: { a: "1" } });
    });

    it("patches status and annotations so that every program sees them", async () => {
      const made = await world(serviceManifest("a"));
      const [one, other] = [await start(made), await start(made)];
      const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
      const patch = { status, annotations: { "hawser.dev/note": "x" } };
      expect(await one.source.patch(refTo("a"), patch)).toBe("written");
      for (const program of [one, other]) {
        await vi.waitFor(() => expect(statusOf(program, refTo("a"))).toMatchObject(status), eventually);
        expect(find(program, refTo("a"))?.metadata.annotations).toMatchObject({ "hawser.dev/note": "x" });
        expect(program.changes.flat()).toContainEqual(refTo("a"));
      }
    });

    it("replaces the fields a patch names, removes those it sets undefined, and leaves the others", async () => {
      const program = await start(await world(serviceManifest("a")));
      const condition = { type: "hawser.dev/Test", status: "True", reason: "Test", message: "", lastTransitionTime };
      const first = {
        status: { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] }, conditions: [condition] },
        annotations: { x: "1", y: "2" },
      };
      expect(await program.source.patch(refTo("a"), first)).toBe("written");
      await vi.waitFor(() => expect(statusOf(program, refTo("a"))).toEqual(first.status), eventually);
      const second = { status: { loadBalancer: {} }, annotations: { x: undefined } };
      expect(await program.source.patch(refTo("a"), second)).toBe("written");
      const left = { loadBalancer: {}, conditions: [condition] };
      await vi.waitFor(() => expect(statusOf(program, refTo("a"))).toEqual(left), eventually);
      expect(find(program, refTo("a"))?.metadata.annotations).toEqual({ y: "2" });
      expect(await program.source.patch(refTo("a"), { status: { conditions: undefined } })).toBe("written");
      await vi.waitFor(() => expect(statusOf(program, refTo("a"))).toEqual({ loadBalancer: {} }), eventually);
    });

    it("writes nothing when a patch makes no difference", async () => {
      const program = await start(await world(serviceManifest("a")));
      const patch = { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } };
      expect(await program.source.patch(refTo("a"), patch)).toBe("written");
      await vi.waitFor(() => expect(statusOf(program, refTo("a"))).toMatchObject(patch.status), eventually);
      const object = find(program, refTo("a"));
      expect(await program.source.patch(refTo("a"), patch)).toBe("unchanged");
      expect(find(program, refTo("a"))).toBe(object);
    });

    it("lets exactly one of two programs win that patch the same version", async () => {
      const made = await world(serviceManifest("a"));
      const programs = [await start(made), await start(made)];
      const won = (by: number) => ({ status: { loadBalancer: { ingress: [{ ip: `192.0.2.${by}` }] } } });
      const results = await Promise.all(
        programs.map(async ({ source }, index) => source.patch(refTo("a"), won(index))),
      );
      expect(results.toSorted()).toEqual(["conflict", "written"]);
      const winner = results.indexOf("written");
      for (const program of programs) {
        await vi.waitFor(() => expect(statusOf(program, refTo("a"))).toMatchObject(won(winner).status), eventually);
      }
      const loser = programs[1 - winner];
      expect(await loser?.source.patch(refTo("a"), won(2))).toBe("written");
    });

    it("says gone for an object that does not exist", async () => {
      const program = await start(await world());
      expect(await program.source.patch(refTo("nobody"), { status: { x: 1 } })).toBe("gone");
    });

    it("hands the status on to a program that starts later", async () => {
      const made = await world(serviceManifest("a"));
      const first = await start(made);
      await first.source.patch(refTo("a"), { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } });
      await first.source.close();
      const second = await start(made);
      expect(statusOf(second, refTo("a"))).toMatchObject({ loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } });
    });

    it("gives an object made anew no status of the one before it", async () => {
      const made = await world(serviceManifest("a"));
      const program = await start(made);
      await program.source.patch(refTo("a"), { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } });
      await made.remove(refTo("a"));
      await vi.waitFor(() => expect(find(program, refTo("a"))).toBeUndefined(), eventually);
      await made.forgotten(refTo("a"));
      await made.put(serviceManifest("a"));
      await vi.waitFor(() => expect(find(program, refTo("a"))).toBeDefined(), eventually);
      expect(JSON.stringify(statusOf(program, refTo("a")) ?? {})).not.toContain("192.0.2.1");
    });

    it("records an Event that repeats once, with its count", async () => {
      const made = await world(serviceManifest("a"));
      const { source } = await start(made);
      const event = { about: refTo("a"), type: "Warning", reason: "PoolExhausted", message: "no address" } as const;
      for (let times = 0; times < 3; times++) source.record(event);
      source.record({ ...event, reason: "BadRequest" });
      await source.close();
      const reasons = (await made.events()).map(({ reason }) => reason);
      expect(reasons.toSorted()).toEqual(["BadRequest", "PoolExhausted"]);
    });

    it.each([
      { name: "of two bytes", text: "ü".repeat(600), cut: 510 },
      { name: "of four bytes", text: "\u{1F6A2}".repeat(300), cut: 510 },
      { name: "of three bytes, after one", text: `x${"\u20AC".repeat(400)}`, cut: 341 },
    ])("L16 cuts an Event's message at 1,024 bytes, never inside a character: $name", async ({ text, cut }) => {
      const made = await world(serviceManifest("a"));
      const { source } = await start(made);
      source.record({ about: refTo("a"), type: "Warning", reason: "BadRequest", message: text });
      await source.close();
      expect((await made.events()).map(({ message }) => message)).toEqual([`${text.slice(0, cut)}...`]);
    });

    it("shows every program's reports to all", async () => {
      const made = await world();
      const [one, other] = [await start(made), await start(made)];
      await one.source.report("speaker-n1", { node: "n1", announcing: [] });
      await one.source.report("speaker-n1", { node: "n1", announcing: [{ ip: "192.0.2.1" }] });
      await vi.waitFor(
        () => expect(other.source.reports().get("speaker-n1")).toMatchObject({ announcing: [{ ip: "192.0.2.1" }] }),
        eventually,
      );
    });

    it("D keeps a history when its writer ends, and no report", async () => {
      const made = await world();
      const writer = made.source();
      await writer.open(["Service"], { onChange: vi.fn(), onProblems: vi.fn() });
      await writer.report("hawser-history", { holdings: [{ address: "192.0.2.1" }] }, { topic: "history" });
      await writer.report("speaker-n1", { node: "n1" });
      await writer.close();
      const { source } = await start(made);
      expect(source.reports("history").get("hawser-history")).toMatchObject({ holdings: [{ address: "192.0.2.1" }] });
      expect([...source.reports().keys()]).toEqual([]);
    });

    it("tells the programs of each other's reports", async () => {
      const from = await world();
      const heard = vi.fn<() => void>();
      const listening = from.source();
      closers.push(async () => listening.close());
      await listening.open(["Service"], { onChange: vi.fn(), onProblems: vi.fn(), onReports: heard });
      const one = await start(from);
      await one.source.report("speaker-n1", { announcing: [] });
      await vi.waitFor(() => expect(heard).toHaveBeenCalled(), eventually);
      expect([...listening.reports().keys()]).toEqual(["speaker-n1"]);
    });

    it("lets a lone program lead", async () => {
      const one = await start(await world());
      const told: boolean[] = [];
      const leadership = one.source.lead("hawser-test", (leads) => told.push(leads));
      await vi.waitFor(() => expect(told).toEqual([true]), eventually);
      expect(leadership.leads).toBe(true);
    });

    it("tells a program that stood for leader before open() so when all is listed", async () => {
      const source = (await world(serviceManifest("a"))).source();
      closers.push(async () => source.close());
      const shown: (readonly [boolean, readonly string[]])[] = [];
      source.lead("hawser-test", (leads) => shown.push([leads, [...source.list("Service").keys()]]));
      await source.open(["Service"], { onChange: vi.fn(), onProblems: vi.fn() });
      await vi.waitFor(() => expect(shown).toEqual([[true, ["shop/a"]]]), eventually);
    });

    it("is silent after close()", async () => {
      const made = await world(serviceManifest("a"));
      const [closed, witness] = [await start(made), await start(made)];
      await closed.source.close();
      closed.changes.length = 0;
      await made.put(serviceManifest("b"));
      await vi.waitFor(() => expect(find(witness, refTo("b"))).toBeDefined(), eventually);
      expect(closed.changes).toEqual([]);
    });
  });
}
