import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { parseRange } from "#src/ip/range.ts";
import type { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import { PLAIN_POOL, type Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import { AddressesInUse } from "#controller/addresses-in-use.ts";

/** What the pools of a run are, and what its Services ask for. */
export interface PlanShape {
  /** The case's name is `one-change` or `full`, with this behind it. */
  readonly suffix: string;
  readonly pools: readonly Pool[];
  service(number: number): Partial<Service>;
}

/** A cluster as the controller knows it: one map of Services that changes in place, and what rests. */
export class AssignedCluster {
  readonly #shape: PlanShape;
  readonly #services = new Map<string, Service>();
  readonly #inUse = new AddressesInUse();
  readonly #former = new Map<string, readonly Ip[]>();
  #nowMs = 0;

  constructor(shape: PlanShape) {
    this.#shape = shape;
  }

  get snapshot(): AssignmentSnapshot {
    this.#nowMs++;
    return {
      pools: this.#shape.pools,
      services: this.#services,
      unreadable: new Map(),
      hostAddresses: NO_HOSTS,
      resting: this.#inUse.resting(this.#nowMs),
      former: this.#former,
      nowMs: this.#nowMs,
      loadBalancerClass: undefined,
    };
  }

  /** Creates a Service, or edits it: with other ports it keeps what it has. Returns its key. */
  put(number: number, port = 80): string {
    const name = `s${number}`;
    const key = `bench/${name}`;
    const { assignedAddresses, allocatedFrom, markedAddresses, sharedTerms } = this.#services.get(key) ?? NOTHING;
    const ports = [{ name: "", protocol: "TCP", port, targetPort: port } as const];
    const had = { assignedAddresses, allocatedFrom, markedAddresses, sharedTerms };
    this.#services.set(key, {
      ...plain(key, name, number),
      ports,
      ...this.#shape.service(number),
      ...had,
    });
    return key;
  }

  remove(number: number): string {
    const key = `bench/s${number}`;
    this.#inUse.set(key, []);
    this.#services.delete(key);
    return key;
  }

  /** Writes what was decided for a Service into its status. */
  write(key: string, planner: AssignmentPlanner): string {
    const [service, assignment] = [this.#services.get(key), planner.assignments.get(key)];
    if (service === undefined || assignment === undefined) return key;
    const { addresses, pool, terms } = assignment;
    this.#inUse.set(key, addresses);
    if (addresses.length > 0) this.#former.set(key, addresses);
    const marks = { allocatedFrom: pool, markedAddresses: addresses, sharedTerms: terms };
    this.#services.set(key, { ...service, assignedAddresses: addresses, ...marks });
    return key;
  }

  /** Writes all decisions. */
  writeAll(planner: AssignmentPlanner): void {
    for (const key of planner.assignments.keys()) this.write(key, planner);
  }
}

/** Throws unless each Service has an address, and no two have one. */
export function checkPlan(planner: AssignmentPlanner, isShared: boolean): void {
  const seen = new Set<string>();
  for (const [key, { addresses, message }] of planner.assignments) {
    if (addresses.length === 0) throw new Error(`${key} has no address: ${message}`);
    for (const ip of addresses) {
      if (!isShared && seen.has(printIp(ip))) throw new Error(`${printIp(ip)} is assigned twice`);
      seen.add(printIp(ip));
    }
  }
}

/** A pool of these ranges with default options. */
export function poolOf(name: string, texts: readonly string[]): Pool {
  const ranges = texts.map((text) => {
    const parsed = parseRange(text);
    if (!parsed.ok) throw new Error(`not a range: ${text}`);
    return parsed.range;
  });
  return { name, ranges, ...PLAIN_POOL };
}

/** Ranges of this many IPv4 addresses each, with a gap of as many behind each. */
export function manyRanges(count: number, size: number): readonly string[] {
  const first = parseIp("10.0.0.0")?.value ?? 0n;
  return Array.from({ length: count }, (_, at) => {
    const value = first + BigInt(at * size * 2);
    return [value, value + BigInt(size - 1)].map((end) => printIp({ family: "ipv4", value: end })).join("-");
  });
}

const NO_HOSTS = new Map();
const NOTHING = {
  assignedAddresses: [],
  allocatedFrom: undefined,
  markedAddresses: undefined,
  sharedTerms: undefined,
} as const;

function plain(key: string, name: string, number: number): Service {
  return {
    ...NOTHING,
    key,
    namespace: "bench",
    name,
    createdMs: number,
    labels: {},
    type: "LoadBalancer",
    families: ["ipv4"],
    ipFamilyPolicy: "SingleStack",
    selector: { app: name },
    ports: [],
    externalTrafficPolicy: "Cluster",
    loadBalancerClass: undefined,
    requestedPool: undefined,
    addressesToRelease: [],
    requestedAddresses: [],
    requestProblems: [],
    sharingKey: "",
    externalIps: [],
  };
}
