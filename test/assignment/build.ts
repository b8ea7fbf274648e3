// Pools, Services and snapshots in few words, and the "cluster" that applies a plan to itself.
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { parseRange } from "#src/ip/range.ts";
import type { Assignment, AssignmentPlan, AssignmentSnapshot, Rest } from "#src/assignment/snapshot.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import type { HostAddress } from "#src/model/host-addresses.ts";
import { PLAIN_POOL, type Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";

/** An address that rests; by default it is not known which Service had it. */
export function rest(sinceMs: number, service = ""): Rest {
  return { sinceMs, service };
}

export function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}

/** The address of a Node, as the controller knows it. */
export function host(text: string, owner = 'Node "n1"'): HostAddress {
  return { ip: ip(text), owner, reason: "NodeAddress" };
}

export function pool(name: string, ranges: string[], options: Partial<Pool> = {}): Pool {
  return {
    name,
    ...PLAIN_POOL,
    ...options,
    ranges: ranges.map((text) => {
      const parsed = parseRange(text);
      if (!parsed.ok) throw new Error(`not a range: ${text}`);
      return parsed.range;
    }),
  };
}

/** The short form of a Service: addresses and ports as text. */
export interface Short extends Partial<
  Omit<Service, "assignedAddresses" | "externalIps" | "requestedAddresses" | "ports">
> {
  readonly has?: readonly string[];
  readonly requests?: readonly string[];
  readonly externalIps?: readonly string[];
  readonly ports?: readonly string[];
}

export function service(
  name: string,
  { has = [], requests = [], externalIps = [], ports = ["TCP/80"], ...rest }: Short = {},
): Service {
  return {
    key: `default/${name}`,
    namespace: "default",
    name,
    createdMs: 0,
    labels: {},
    type: "LoadBalancer",
    families: ["ipv4"],
    ipFamilyPolicy: "SingleStack",
    selector: { app: name },
    externalTrafficPolicy: "Cluster",
    loadBalancerClass: undefined,
    requestedPool: undefined,
    addressesToRelease: [],
    sharingKey: "",
    sharedTerms: undefined,
    allocatedFrom: undefined,
    markedAddresses: undefined,
    requestProblems: [],
    ...rest,
    requestedAddresses: requests.map(ip),
    assignedAddresses: has.map(ip),
    externalIps: externalIps.map(ip),
    ports: ports.map((text) => {
      const [protocol, port] = text.split("/");
      return { name: "", protocol: protocol as "TCP", port: Number(port), targetPort: Number(port) };
    }),
  };
}

export function snapshot(
  pools: readonly Pool[] | undefined,
  services: readonly Service[],
  more: Partial<AssignmentSnapshot> = {},
): AssignmentSnapshot {
  return {
    pools,
    services: new Map(services.map((one) => [one.key, one])),
    unreadable: new Map(),
    hostAddresses: new Map(),
    resting: new Map(),
    former: new Map(),
    nowMs: 1_000_000,
    loadBalancerClass: undefined,
    ...more,
  };
}

/** The plan as text: `name: kind addresses reason`, in key order. */
export function summary(plan: AssignmentPlan): Record<string, string> {
  const lines = [...plan.assignments].map(([key, { kind, addresses, reason }]): [string, string] => [
    key.replace("default/", ""),
    [kind, ...addresses.map(printIp), reason].join(" "),
  ]);
  return Object.fromEntries(lines.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** What a Service shows after a decision was written on it. */
export function marksOf({ addresses, pool, reason, terms }: Assignment) {
  const markedAddresses = addresses.length > 0 && reason !== "AddressNotOurs" ? addresses : undefined;
  return { assignedAddresses: addresses, allocatedFrom: pool, markedAddresses, sharedTerms: terms };
}

/** The snapshot after the plan was written into every status. */
export function applied(before: AssignmentSnapshot, plan: AssignmentPlan): AssignmentSnapshot {
  const services = [...before.services.values()].map((one) => {
    const assignment = plan.assignments.get(one.key);
    if (assignment === undefined) return one;
    return { ...one, ...marksOf(assignment) };
  });
  const resting = new Map(before.resting);
  for (const ip of plan.givenUp) resting.delete(printIp(ip));
  for (const [key, { released }] of plan.assignments)
    for (const { ip } of released) resting.set(printIp(ip), rest(before.nowMs, key));
  return { ...before, resting, services: new Map(services.map((one) => [one.key, one])) };
}

/** A cluster in a few moves: each `step` edits the Services or pools and lets the plan be applied until it rests. */
export class Cluster {
  #snapshot: AssignmentSnapshot;

  constructor(pools: readonly Pool[]) {
    this.#snapshot = snapshot(pools, []);
  }

  get snapshot(): AssignmentSnapshot {
    return this.#snapshot;
  }

  put(...changed: readonly Service[]): Record<string, string> {
    const services = new Map(this.#snapshot.services);
    for (const one of changed) {
      // What Hawser wrote on it stays there.
      const { assignedAddresses, allocatedFrom, markedAddresses, sharedTerms } = services.get(one.key) ?? one;
      services.set(one.key, { ...one, assignedAddresses, allocatedFrom, markedAddresses, sharedTerms });
    }
    return this.#settle({ ...this.#snapshot, services });
  }

  remove(name: string): Record<string, string> {
    const services = new Map(this.#snapshot.services);
    const resting = new Map(this.#snapshot.resting);
    const freed = services.get(`default/${name}`)?.assignedAddresses ?? [];
    for (const ip of freed) resting.set(printIp(ip), rest(this.#snapshot.nowMs, `default/${name}`));
    const former = new Map(this.#snapshot.former).set(`default/${name}`, freed);
    services.delete(`default/${name}`);
    return this.#settle({ ...this.#snapshot, services, resting, former });
  }

  configure(pools: readonly Pool[]): Record<string, string> {
    return this.#settle({ ...this.#snapshot, pools });
  }

  /** Lets time pass. */
  wait(durationMs: number): void {
    this.#snapshot = { ...this.#snapshot, nowMs: this.#snapshot.nowMs + durationMs };
  }

  #settle(next: AssignmentSnapshot): Record<string, string> {
    let current = next;
    for (let round = 0; round < 5; round++) {
      const plan = planAssignments(current);
      current = applied(current, plan);
      const isCalm = [...plan.assignments.values()].every(({ kind }) => kind !== "assign" && kind !== "release");
      if (!isCalm) continue;
      this.#snapshot = current;
      return summary(plan);
    }
    throw new Error("the plan does not come to rest");
  }
}
