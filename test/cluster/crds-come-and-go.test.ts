import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { install, uninstall } from "#lab/cluster/definition.ts";
import { type AuditEvent, refusals } from "#lab/install/audit.ts";
import { whyNoMetallb } from "#lab/metallb/build-metallb.ts";
import { metallbDefinition } from "#lab/metallb/metallb-definitions.ts";
import { until } from "#lab/rack/until.ts";
import { factsOf, type Kind, METALLB_KINDS } from "#src/model/kind.ts";
import type { KubeObject } from "#src/model/object.ts";
import { conditionOf, ingressOf } from "#src/model/service-status.ts";
import { collectionPath, objectPath } from "#src/source/kubernetes/read/collection-path.ts";
import { AddressInvariant } from "./invariant.ts";
import { SpeakerWorld } from "./speaker-world.ts";

const reason = whyNoCluster() ?? whyNoMetallb();
if (reason !== undefined) console.log(`skipped, no Kubernetes with MetalLB's definitions can be had here: ${reason}`);

const METALLB = "metallb-system";
const NODES = ["n1", "n2"] as const;
/** Absent kinds are looked for about twice a minute, on a machine that may be busy. */
const PATIENCE = { timeoutMs: 120_000 } as const;
/** Requests about MetalLB's kinds within ten seconds, of a controller and two speakers: of each kind a list, a watch and some that fail. */
const MOST_IN_TEN_SECONDS = 150;
/** Answers 404 within a minute: of each program some looks for the group, and of each kind a watch and a list or two. */
const MOST_MISSED_A_MINUTE = 200;
const REST: readonly Kind[] = METALLB_KINDS.filter((kind) => kind !== "IPAddressPool" && kind !== "L2Advertisement");

describe.skipIf(reason !== undefined)("MetalLB's definitions come and go", { timeout: 600_000 }, () => {
  let world: SpeakerWorld;
  let invariant: AddressInvariant;
  /** Of the addresses that are in use, the one node that announces each. */
  const owners = new Map<string, string>();

  beforeAll(async () => {
    world = await SpeakerWorld.start();
    await world.grantRights();
    await world.cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name: METALLB } } });
    invariant = await AddressInvariant.start(world.cluster);
    await Promise.all([world.startController(), world.startSpeakers(NODES)]);
  }, 300_000);
  afterAll(async () => {
    await invariant?.[Symbol.asyncDispose]();
    await world?.stop();
  });

  async function create(kind: Kind, namespace: string, name: string, spec: object): Promise<void> {
    const body = { apiVersion: factsOf(kind).apiVersion, kind, metadata: { name }, spec };
    await world.cluster.api.must({ path: collectionPath(kind, namespace), body });
  }

  async function createService(name: string): Promise<void> {
    await create("Service", "default", name, { type: "LoadBalancer", ports: [{ port: 80 }] });
  }

  const createPool = async () => create("IPAddressPool", METALLB, "edge", { addresses: ["192.0.2.200-192.0.2.209"] });
  const createAdvertisement = async () => create("L2Advertisement", METALLB, "edge", { ipAddressPools: ["edge"] });

  /** `192.0.2.200 AddressAssigned`, of a Service. */
  async function line(name: string): Promise<string> {
    const service = await world.cluster.api.must<KubeObject>({
      path: objectPath({ kind: "Service", namespace: "default", name }),
    });
    const addresses = ingressOf(service).map(({ ip }) => ip);
    return [...addresses, conditionOf(service, "hawser.dev/AddressAssigned")?.["reason"]].join(" ");
  }

  async function untilLine(name: string, wanted: RegExp): Promise<string> {
    let seen = "";
    const isSo = async () => wanted.test((seen = await line(name)));
    await until(`Service ${name} says ${wanted}`, isSo, { ...PATIENCE, lastSeen: () => seen });
    return seen.split(" ")[0] ?? "";
  }

  /** A new Service gets an address, which one node announces. */
  async function serve(name: string): Promise<void> {
    const ip = await untilLine(name, /^192\.0\.2\.\d+ AddressAssigned$/);
    owners.set(ip, await world.untilOneAnswers(ip));
  }

  /** Each address in use is still announced by the node that did before, no speaker ever withdrew it, and none moved. */
  async function expectServed(): Promise<void> {
    for (const [ip, owner] of owners) await world.untilAnswers(ip, owner);
    const withdrawals = [...world.speakers.values()].flatMap(({ lines }) =>
      lines.filter((one) => one.includes('"announcements changed"') && !one.includes('"lost":[]')),
    );
    expect(withdrawals).toEqual([]);
    expect(invariant.violations).toEqual([]);
  }

  /** The programs say from now on what this finds; those of before are forgotten. */
  function saying(pattern: RegExp): () => Promise<void> {
    const { programs } = world;
    const count = (lines: readonly string[]): number => lines.filter((one) => pattern.test(one)).length;
    const before = programs.map(({ lines }) => count(lines));
    return async () => {
      const silent = () => programs.filter(({ lines }, n) => count(lines) <= (before[n] ?? 0)).map(({ name }) => name);
      await until(`all programs say ${pattern}`, () => silent().length === 0, { ...PATIENCE, lastSeen: silent });
    };
  }

  /** Installs the definitions; resolves when all programs have looked for objects of them. */
  async function defineKinds(): Promise<void> {
    const read = ["IPAddressPool", "L2Advertisement"].map((kind) =>
      saying(new RegExp(`"${kind}".*the cluster has this`)),
    );
    for (const kind of METALLB_KINDS) await install(world.cluster, metallbDefinition(kind));
    for (const untilRead of read) await untilRead();
  }

  const gone = (kind: Kind): RegExp => new RegExp(`RESOURCE_KIND_GONE.*${kind} of metallb`);
  const undefineKinds = async (...kinds: readonly Kind[]): Promise<void> => {
    for (const kind of kinds) await uninstall(world.cluster, metallbDefinition(kind));
  };

  it("without them a Service waits, and says why", async () => {
    await createService("web");
    await untilLine("web", /^ ?NoPoolConfigured$/);
  });

  it("installed while the programs run, a pool and an advertisement are all that a Service needs", async () => {
    await defineKinds();
    await createPool();
    await createAdvertisement();
    await serve("web");
    await expectServed();
  });

  it("counts in the status of the pool what its Services have, in the fields of MetalLB's definition", async () => {
    const path = objectPath({ kind: "IPAddressPool", namespace: METALLB, name: "edge" });
    const wanted = { assignedIPv4: 1, availableIPv4: 9, assignedIPv6: 0, availableIPv6: 0 };
    const status = async (): Promise<unknown> => (await world.cluster.api.must<KubeObject>({ path }))["status"];
    const isSo = async (): Promise<boolean> => isDeepStrictEqual(await status(), wanted);
    await until("the status has the counts of one Service", isSo, PATIENCE);
  });

  it.each([
    {
      order: "the pools first",
      late: "late",
      remove: async () => {
        const arePoolsGone = saying(gone("IPAddressPool"));
        await undefineKinds("IPAddressPool", ...REST, "L2Advertisement");
        await arePoolsGone();
      },
    },
    {
      order: "the advertisements first, long before the pools",
      late: "later",
      remove: async () => {
        const [areAdsGone, arePoolsGone] = [saying(gone("L2Advertisement")), saying(gone("IPAddressPool"))];
        await undefineKinds("L2Advertisement");
        await areAdsGone();
        for (const [ip, owner] of owners) await world.untilAnswers(ip, owner, 50);
        await undefineKinds(...REST, "IPAddressPool");
        await arePoolsGone();
      },
    },
  ])("removed, $order: what is in use is served, and marked until they are back", async ({ late, remove }) => {
    const inUse = invariant.assigned;
    await remove();
    for (const [key, [ip = ""]] of inUse)
      await untilLine(key.replace("default/", ""), new RegExp(`^${ip} AddressOrphaned$`));
    await createService(late);
    await untilLine(late, /^ ?NoPoolConfigured$/);
    await expectServed();

    await defineKinds();
    await createPool();
    for (const [key, [ip = ""]] of inUse)
      await untilLine(key.replace("default/", ""), new RegExp(`^${ip} AddressAssigned$`));
    // The speakers know the pool by now, and what advertises it is yet to come.
    await expectServed();
    await createAdvertisement();
    await serve(late);
    await expectServed();
    expect(invariant.assigned.size).toBe(inUse.size + 1);
  });

  it("replaced at once, with the same objects, they withdraw nothing that is in use", async () => {
    await undefineKinds(...METALLB_KINDS);
    for (const kind of METALLB_KINDS) await install(world.cluster, metallbDefinition(kind));
    await createPool();
    await createAdvertisement();
    await createService("replaced");
    await serve("replaced");
    await expectServed();
  });

  it("an advertisement that a person deletes withdraws the addresses, until there is one again", async () => {
    const path = objectPath({ kind: "L2Advertisement", namespace: METALLB, name: "edge" });
    // Of definitions that were replaced a speaker may learn late. Where the addresses follow an edit, it knows the advertisement.
    for (const node of NODES) {
      await world.label(node, { speaker: node });
      await world.patch(path, { spec: { nodeSelectors: [{ matchLabels: { speaker: node } }] } });
      for (const ip of owners.keys()) await world.untilAnswers(ip, node);
    }
    await world.cluster.api.must({ method: "DELETE", path });
    for (const ip of owners.keys()) await world.untilAnswers(ip, undefined);
    await createAdvertisement();
    for (const ip of owners.keys()) owners.set(ip, await world.untilOneAnswers(ip));
    expect(invariant.violations).toEqual([]);
  });

  it("programs that start without them know what is in use, and serve it", async () => {
    await undefineKinds("IPAddressPool", ...REST, "L2Advertisement");
    for (const [key, [ip = ""]] of invariant.assigned)
      await untilLine(key.replace("default/", ""), new RegExp(`^${ip} AddressOrphaned$`));
    await Promise.all(world.programs.map((program) => program.stop()));
    world.speakers.clear();
    await Promise.all([world.startController(), world.startSpeakers(NODES)]);
    for (const ip of owners.keys()) await world.untilOneAnswers(ip);
    await createService("last");
    await untilLine("last", /^ ?NoPoolConfigured$/);
    expect(invariant.violations).toEqual([]);
  });

  it("the rights of config/ suffice for all that, and absent kinds are asked for rarely", async () => {
    const requests = world.audit();
    const users = ["controller", "speaker"].map((name) => `system:serviceaccount:hawser-system:hawser-${name}`);
    expect(new Set(requests.map(({ user }) => user.username))).toEqual(new Set(users));
    expect(refusals(requests)).toEqual([]);
    const about = requests.filter(({ requestURI }) => requestURI.startsWith("/apis/metallb.io"));
    expect(mostWithin(10_000, about)).toBeLessThan(MOST_IN_TEN_SECONDS);
    const missed = about.filter(({ responseStatus }) => responseStatus?.code === 404);
    expect(mostWithin(60_000, missed)).toBeLessThan(MOST_MISSED_A_MINUTE);
  });
});

/** How many requests came within so many milliseconds, at most. */
function mostWithin(windowMs: number, requests: readonly AuditEvent[]): number {
  const times = requests.map((one) => Date.parse(one.requestReceivedTimestamp ?? "")).sort((a, b) => a - b);
  return Math.max(0, ...times.map((fromMs) => times.filter((ms) => ms >= fromMs && ms < fromMs + windowMs).length));
}
