// A cluster of few Services and addresses, for random sequences of operations.
import { type Ip, includesIp, printIp } from "#src/ip/address.ts";
import { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { AssignmentPlan, AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import { poolSets } from "./arbitrary.ts";
import type { Dice } from "./dice.ts";
import { host, marksOf, pool, rest, snapshot } from "./build.ts";

const NAMES = Array.from({ length: 12 }, (_, number) => `s${number}`);
export const KEYS = ["default", "other"].flatMap((namespace) =>
  NAMES.slice(0, 6).map((name) => `${namespace}/${name}`),
);
export const POOLS: readonly (readonly Pool[])[] = [
  ...poolSets,
  [pool("a", ["192.0.2.0/30"], { namespaces: ["other"] }), pool("b", ["198.51.100.4/30", "2001:db8::/127"])],
  [pool("a", ["192.0.2.0/30", "2001:db8::/126"], { quotaPerNamespace: 2 })],
].map((pools) => pools.filter(({ ranges }) => ranges.every(({ first, last }) => last - first < 100n)));

/** A cluster with its API server, and the controller that leads. */
export class ModelCluster {
  readonly dice: Dice;
  readonly services = new Map<string, Service>();
  readonly changed = new Set<string>();
  rest: Omit<AssignmentSnapshot, "services">;
  planner = new AssignmentPlanner();
  /** The cluster as another leader saw it some time ago. */
  stale: ReadonlyMap<string, Service> = new Map();
  createdMs = 0;

  constructor(dice: Dice) {
    this.dice = dice;
    const { services: _services, ...rest } = snapshot(dice.one(POOLS), [], {
      hostAddresses: new Map([["192.0.2.2", host("192.0.2.2")]]),
    });
    this.rest = rest;
  }

  get snapshot(): AssignmentSnapshot {
    return { ...this.rest, services: this.services };
  }

  put(one: Service): void {
    this.services.set(one.key, one);
    this.changed.add(one.key);
    if (one.assignedAddresses.length > 0)
      this.rest = { ...this.rest, former: new Map(this.rest.former).set(one.key, one.assignedAddresses) };
  }

  freed(service: string, ips: readonly Ip[]): void {
    const resting = new Map(this.rest.resting);
    for (const one of ips) resting.set(printIp(one), rest(this.rest.nowMs, service));
    this.rest = { ...this.rest, resting };
  }

  giveUp(ips: readonly Ip[]): void {
    const given = new Set(ips.map(printIp));
    if (given.size === 0) return;
    this.rest = { ...this.rest, resting: new Map([...this.rest.resting].filter(([text]) => !given.has(text))) };
  }

  /** A controller that begins from nothing: what was in memory is gone. */
  restart(): void {
    this.planner = new AssignmentPlanner();
    this.rest = { ...this.rest, resting: new Map(), former: new Map() };
  }

  write(key: string, plan: AssignmentPlan["assignments"], seen = this.services.get(key)): void {
    const [now, assignment] = [this.services.get(key), plan.get(key)];
    // The API server refuses a write on another version.
    if (now === undefined || assignment === undefined || now !== seen || assignment.kind === "ignore") return;
    const before = now.assignedAddresses;
    this.put({ ...now, ...marksOf(assignment) });
    this.freed(
      key,
      before.filter((one) => !includesIp(assignment.addresses, one)),
    );
  }
}
