// Random operations on a cluster with real controllers, over a source in memory: users, their edits of what Hawser notes,
// pools in both forms, failed writes, restarts, kills and a second replica. After each of them what the statuses say is judged by
// rules that know nothing of how it is decided (issue 10 H).
// The long form: HAWSER_MODEL_SEEDS=5 HAWSER_MODEL_OPERATIONS=10000 npm test -- test/controller/model-based.test.ts
import { describe, expect, it } from "vitest";
import type { KubeObject } from "#src/model/object.ts";
import { Dice } from "#test/assignment/dice.ts";
import { pool as addressPool } from "#test/configuration/resources.ts";
import { MemorySource } from "./memory-source.ts";
import { configObject, serviceObject, World } from "./world.ts";

const SEEDS = Number(process.env["HAWSER_MODEL_SEEDS"] ?? 2);
const OPERATIONS = Number(process.env["HAWSER_MODEL_OPERATIONS"] ?? 200);

const NAMES = ["a", "b", "c", "d", "e", "f"] as const;
/** Addresses of all pools, of the ConfigMap and of the IPAddressPools. */
const FIRST = ["192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3"];
const SECOND = ["198.51.100.0", "198.51.100.1"];
const CONFIGS = [
  "address-pools: []\n",
  ...["", ", rest-time: forever", ", rest-time: 0s", ", quota-per-namespace: 3, rest-time: forever"].flatMap((more) =>
    ["192.0.2.0/31", "192.0.2.0/30"].map(
      (range) => `address-pools:\n- { name: p, protocol: layer2, addresses: [${range}]${more} }\n`,
    ),
  ),
];
const MARKS = ["sharing-terms", "leaving-addresses", "assigned-addresses", "ip-allocated-from-pool"] as const;
const FORGERIES = [undefined, "", "p", "192.0.2.0", "198.51.100.0,192.0.2.1", '["k","","TCP/80"]', '["k","","TCP/81"]'];
/** Failed writes were tried again, exchanges and graces have ended. */
const CALM_MS = 60_000;

type Shown = KubeObject & { spec: { type: string; ports: { port: number }[]; externalTrafficPolicy?: string } };

/** A cluster with two replicas of the controller, one of which leads. */
class ModelCluster {
  readonly dice: Dice;
  readonly source = new MemorySource();
  worlds: World[];
  createdMs = 0;

  constructor(dice: Dice) {
    this.dice = dice;
    const first = new World(this.source);
    const second = new World(new MemorySource(this.source), first.time);
    second.source.leads = false;
    this.worlds = [first, second];
    this.source.put(configObject(dice.one(CONFIGS)));
  }

  get leader(): World {
    return this.worlds[0] as World;
  }

  async start(): Promise<void> {
    for (const world of this.worlds) await world.start();
  }

  async calm(): Promise<void> {
    // Speakers answer for what is in the statuses.
    const all = this.services().flatMap((one) => addressesOf(one));
    for (const world of this.worlds) world.announce(...all);
    for (let round = 0; round < 3; round++) {
      await this.leader.time.advance(CALM_MS);
      for (const world of this.worlds) await world.idle();
    }
  }

  async stop(): Promise<void> {
    for (const world of this.worlds) await world.stop();
  }

  services(): readonly Shown[] {
    return [...this.source.list("Service").values()] as Shown[];
  }

  get(name: string): Shown | undefined {
    return this.source.get("Service", `default/${name}`) as Shown | undefined;
  }

  /** Puts a Service as its owner does: the status stays, and what is noted on it, but for what the owner writes there. */
  put(name: string, marks: Readonly<Record<string, string | undefined>> = {}): void {
    const { dice } = this;
    const known = this.get(name);
    const ports = dice.one([[80], [81], [80, 81], [82]]);
    const next = serviceObject(name, {
      createdMs: known?.metadata.createdMs ?? (this.createdMs += dice.below(2)),
      annotations: {
        ...(dice.below(2) === 0 ? { "hawser.dev/sharing-key": dice.one(["k", "l"]) } : {}),
        ...(dice.below(4) === 0 ? { "hawser.dev/load-balancer-ips": dice.one([...FIRST, ...SECOND]) } : {}),
      },
      spec: {
        type: dice.below(10) === 0 ? "ClusterIP" : "LoadBalancer",
        externalTrafficPolicy: dice.one(["Cluster", "Cluster", "Local"]),
        ports: ports.map((port) => ({ name: `p${port}`, port, protocol: "TCP" })),
      },
    });
    const noted = Object.entries(known?.metadata.annotations ?? {}).filter(([key]) =>
      MARKS.some((mark) => key === `hawser.dev/${mark}`),
    );
    const annotations = Object.entries({ ...next.metadata.annotations, ...Object.fromEntries(noted), ...marks });
    const kept = annotations.filter((entry): entry is [string, string] => entry[1] !== undefined);
    const uid = known?.metadata.uid ?? `${name}-${dice.below(1e9)}`;
    const metadata = { ...next.metadata, uid, annotations: Object.fromEntries(kept) };
    this.source.put({ ...next, metadata, ...(known === undefined ? {} : { status: known["status"] }) });
  }
}

/** Does something, and returns the names of the Services that may lose what they have by that. */
type Operation = (cluster: ModelCluster) => Promise<readonly string[]>;

const OPERATIONS_BY_NAME: Readonly<Record<string, Operation>> = {
  put: async (cluster) => {
    const name = cluster.dice.one(NAMES);
    cluster.put(name);
    return [name];
  },
  /** A tenant edits the Service, and what Hawser noted on it. */
  forge: async (cluster) => {
    const name = cluster.dice.one(NAMES);
    if (cluster.get(name) === undefined) return [];
    const marks = cluster.dice.some(MARKS).map((mark) => [`hawser.dev/${mark}`, cluster.dice.one(FORGERIES)] as const);
    cluster.put(name, Object.fromEntries(marks));
    return [name];
  },
  remove: async (cluster) => {
    const name = cluster.dice.one(NAMES);
    if (cluster.get(name) !== undefined) cluster.source.remove("Service", `default/${name}`);
    return [name];
  },
  configure: async (cluster) => {
    cluster.source.put(configObject(cluster.dice.one(CONFIGS)));
    return [];
  },
  /** An IPAddressPool comes, changes or goes. */
  resource: async (cluster) => {
    const isThere = cluster.source.get("IPAddressPool", "metallb-system/edge") !== undefined;
    if (isThere && cluster.dice.below(2) === 0) cluster.source.remove("IPAddressPool", "metallb-system/edge");
    else cluster.source.put(addressPool("edge", cluster.dice.one(["198.51.100.0/31", "198.51.100.0/32", "nonsense"])));
    return [];
  },
  /** A write fails, or its answer is lost, while a Service is edited. */
  fault: async (cluster) => {
    const faults = [cluster.dice.one(["refused", "conflict", "answer lost"] as const)];
    cluster.leader.source.faults.set("*", faults);
    const name = cluster.dice.one(NAMES);
    cluster.put(name);
    return [name];
  },
  /** Another program empties a status. */
  empty: async (cluster) => {
    const one = cluster.get(cluster.dice.one(NAMES));
    if (one === undefined) return [];
    cluster.source.put({ ...one, status: { ...(one["status"] as object | undefined), loadBalancer: {} } });
    return [one.metadata.name];
  },
  time: async (cluster) => {
    await cluster.leader.time.advance(cluster.dice.below(1_300_000));
    return [];
  },
  restart: (cluster) => end(cluster, "stop"),
  kill: (cluster) => end(cluster, "kill"),
  /** The leader is killed while a Service is edited. */
  killAtWork: async (cluster) => {
    const name = cluster.dice.one(NAMES);
    cluster.put(name);
    await end(cluster, "kill");
    return [name];
  },
  /** The leader loses the lead while it works, and hears of that after the other one. */
  handOver: async (cluster) => {
    const [first, second] = cluster.worlds as [World, World];
    const name = cluster.dice.one(NAMES);
    cluster.put(name);
    first.source.setLeads(false, { untold: true });
    second.source.setLeads(true);
    await second.idle();
    first.source.setLeads(false);
    cluster.worlds = [second, first];
    return [name];
  },
};

async function end(cluster: ModelCluster, how: "stop" | "kill"): Promise<readonly string[]> {
  const [world, standby] = cluster.worlds as [World, World];
  await world[how]();
  const next = new World(world.source, world.time);
  await next.start();
  cluster.worlds = [next, standby];
  return [];
}

const WEIGHTED = Object.entries({
  put: 8,
  forge: 3,
  remove: 3,
  configure: 2,
  resource: 2,
  fault: 2,
  empty: 1,
  time: 1,
  restart: 1,
  kill: 1,
  killAtWork: 1,
  handOver: 1,
}).flatMap(([name, weight]) => Array.from({ length: weight }, () => name));

function addressesOf(one: KubeObject): readonly string[] {
  const status = one["status"] as { loadBalancer?: { ingress?: { ip: string }[] } } | undefined;
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
}

function leavingOf({ metadata }: KubeObject): readonly string[] {
  return (metadata.annotations["hawser.dev/leaving-addresses"] ?? "").split(",");
}

function conditionOf(one: KubeObject): Readonly<Record<string, string>> {
  const status = one["status"] as { conditions?: Record<string, string>[] } | undefined;
  return status?.conditions?.find(({ type }) => type === "hawser.dev/AddressAssigned") ?? {};
}

/** The rules of sharing: one key, no port of both, and the same backend where one is Local. */
function mayShare(left: Shown, right: Shown): boolean {
  const key = ({ metadata }: Shown) => metadata.annotations["hawser.dev/sharing-key"];
  const ports = ({ spec }: Shown) => new Set(spec.ports.map(({ port }) => port));
  const isLocal = [left, right].some(({ spec }) => spec.externalTrafficPolicy === "Local");
  return key(left) !== undefined && key(left) === key(right) && !isLocal && ports(left).isDisjointFrom(ports(right));
}

/** What is wrong with the statuses: `before` those of before the operation, by name. */
function faultOf(
  cluster: ModelCluster,
  before: ReadonlyMap<string, readonly string[]>,
  touched: readonly string[],
): string | undefined {
  const services = cluster.services();
  for (const [at, one] of services.entries()) {
    const { name } = one.metadata;
    const [has, { reason = "", status = "" }] = [addressesOf(one), conditionOf(one)];
    const clash = services.slice(at + 1).find((other) => !mayShare(one, other) && overlaps(has, addressesOf(other)));
    if (clash !== undefined) return `${name} has ${has.join()} beside ${clash.metadata.name}`;
    const lost = (before.get(name) ?? []).filter((ip) => !has.includes(ip));
    // What it asked for before may be free only now.
    const isAsked = has.includes(one.metadata.annotations["hawser.dev/load-balancer-ips"] ?? "");
    if (lost.length > 0 && !touched.includes(name) && !isAsked)
      return `${name} lost ${lost.join()}, and was not edited`;
    if (one.spec.type !== "LoadBalancer" && has.length > 0) return `${name} is no LoadBalancer and has ${has.join()}`;
    if (one.spec.type !== "LoadBalancer" || reason === "StatusContested") continue;
    if ((status === "True") !== has.length > 0) return `${name} has ${has.join()} and says ${status} ${reason}`;
    if (has.length === 0 && !isTrue(cluster, one, reason)) return `${name} waits and says ${reason}, which is not so`;
  }
  return undefined;
}

function overlaps(left: readonly string[], right: readonly string[]): boolean {
  return left.some((ip) => right.includes(ip));
}

/** Whether the reason of a Service that has no address is true. */
function isTrue(cluster: ModelCluster, { metadata }: Shown, reason: string): boolean {
  const asked = metadata.annotations["hawser.dev/load-balancer-ips"];
  const { config } = cluster.source.stored("ConfigMap", "hawser-system/hawser")["data"] as { config: string };
  const used = cluster.services().flatMap((one) => (one.metadata === metadata ? [] : addressesOf(one)));
  const isKeeping = config.includes("forever");
  switch (reason) {
    case "RequestedAddressInUse":
      return asked !== undefined && (used.includes(asked) || isKeeping);
    case "RequestedAddressNotInPool":
      return asked !== undefined;
    case "NoPoolConfigured":
      return config === CONFIGS[0];
    case "QuotaExceeded":
      return config.includes("quota") && new Set(used.filter((ip) => FIRST.includes(ip))).size >= 3;
    case "PoolExhausted": {
      const all = config.includes("/30") ? FIRST : config.includes("/31") ? FIRST.slice(0, 2) : [];
      return asked === undefined && (isKeeping || all.every((ip) => used.includes(ip)));
    }
    default:
      return false;
  }
}

async function run(seed: number): Promise<string | undefined> {
  const cluster = new ModelCluster(new Dice(seed));
  await cluster.start();
  const names: string[] = [];
  for (let step = 0; step < OPERATIONS; step++) {
    const name = cluster.dice.one(WEIGHTED);
    const services = cluster.services();
    const before = new Map(
      services.map((one) => [one.metadata.name, addressesOf(one).filter((ip) => !leavingOf(one).includes(ip))]),
    );
    const touched = (await OPERATIONS_BY_NAME[name]?.(cluster)) ?? [];
    names.push(`${name} ${touched.join()}`);
    await cluster.calm();
    const fault = faultOf(cluster, before, touched);
    if (fault !== undefined) return `seed ${seed}, step ${step}, after ${names.slice(-8).join("; ")}: ${fault}`;
  }
  await cluster.stop();
  return undefined;
}

describe("a cluster with two replicas of the controller, under random operations", () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
    "H keeps every rule of the reference model, from seed %i",
    async (seed) => expect(await run(seed)).toBeUndefined(),
    60_000 + OPERATIONS * 1_000,
  );
});
