// A cluster with real controllers over a source in memory, for random operations.
import type { KubeObject } from "#src/model/object.ts";
import type { Dice } from "#test/assignment/dice.ts";
import { MemorySource } from "./memory-source.ts";
import { configObject, serviceObject, World } from "./world.ts";

export const NAMES = ["a", "b", "c", "d", "e", "f"] as const;
/** Addresses of all pools, of the ConfigMap and of the IPAddressPools. */
export const FIRST = ["192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3"];
const SECOND = ["198.51.100.0", "198.51.100.1"];
export const CONFIGS = [
  "address-pools: []\n",
  ...["", ", rest-time: forever", ", rest-time: 0s", ", quota-per-namespace: 3, rest-time: forever"].flatMap((more) =>
    ["192.0.2.0/31", "192.0.2.0/30"].map(
      (range) => `address-pools:\n- { name: p, protocol: layer2, addresses: [${range}]${more} }\n`,
    ),
  ),
];
export const MARKS = ["sharing-terms", "leaving-addresses", "assigned-addresses", "ip-allocated-from-pool"] as const;
export const FORGERIES = [
  undefined,
  "",
  "p",
  "192.0.2.0",
  "198.51.100.0,192.0.2.1",
  '["k","","TCP/80"]',
  '["k","","TCP/81"]',
];
/** Failed writes were tried again, exchanges and graces have ended. */
const CALM_MS = 60_000;

export type Shown = KubeObject & { spec: { type: string; ports: { port: number }[]; externalTrafficPolicy?: string } };

/** A cluster with two replicas of the controller, one of which leads. */
export class ModelCluster {
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

export function addressesOf(one: KubeObject): readonly string[] {
  const status = one["status"] as { loadBalancer?: { ingress?: { ip: string }[] } } | undefined;
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
}

export function leavingOf({ metadata }: KubeObject): readonly string[] {
  return (metadata.annotations["hawser.dev/leaving-addresses"] ?? "").split(",");
}

export function conditionOf(one: KubeObject): Readonly<Record<string, string>> {
  const status = one["status"] as { conditions?: Record<string, string>[] } | undefined;
  return status?.conditions?.find(({ type }) => type === "hawser.dev/AddressAssigned") ?? {};
}
