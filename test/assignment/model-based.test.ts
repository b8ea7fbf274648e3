// Random sequences of 10,000 operations against a simple reference model: what users, controllers and failures do to a
// cluster. After each of them the plan is judged by rules that know nothing of how it is made (issue 10 H).
// The long form: HAWSER_MODEL_SEEDS=10 HAWSER_MODEL_OPERATIONS=10000 npm test -- test/assignment/model-based.test.ts
import { isDeepStrictEqual } from "node:util";
import { type Ip, printIp } from "#src/ip/address.ts";
import { rangeContains } from "#src/ip/range.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { AssignmentPlan, AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import { matchesLabels } from "#src/model/label-selector.ts";
import { avoids, type Pool } from "#src/model/pool.ts";
import { type Service, wasAssigned } from "#src/model/service.ts";
import { describe, expect, it } from "vitest";
import { labels, poolSets, V4, V6 } from "./arbitrary.ts";
import { Dice } from "./dice.ts";
import { host, ip, marksOf, pool, rest, service, snapshot } from "./build.ts";

/** Sequences, and operations in each: few by default. */
const SEEDS = Number(process.env["HAWSER_MODEL_SEEDS"] ?? 3);
const OPERATIONS = Number(process.env["HAWSER_MODEL_OPERATIONS"] ?? 1_000);
const NAMES = Array.from({ length: 12 }, (_, number) => `s${number}`);
const KEYS = ["default", "other"].flatMap((namespace) => NAMES.slice(0, 6).map((name) => `${namespace}/${name}`));
const POOLS: readonly (readonly Pool[])[] = [
  ...poolSets,
  [pool("a", ["192.0.2.0/30"], { namespaces: ["other"] }), pool("b", ["198.51.100.4/30", "2001:db8::/127"])],
  [pool("a", ["192.0.2.0/30", "2001:db8::/126"], { quotaPerNamespace: 2 })],
].map((pools) => pools.filter(({ ranges }) => ranges.every(({ first, last }) => last - first < 100n)));

/** A cluster with its API server, and the controller that leads. */
class ModelCluster {
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
      before.filter((one) => !has(assignment.addresses, one)),
    );
  }
}

type Operation = (cluster: ModelCluster) => void;

const randomSpec = (dice: Dice): Partial<Service> => {
  const families = dice.one([["ipv4"], ["ipv4"], ["ipv6"], ["ipv4", "ipv6"], ["ipv6", "ipv4"]] as const);
  const wanted = dice.below(4) === 0 ? [ip(dice.one([...V4.slice(0, 3), ...V6.slice(0, 2)]))] : [];
  return {
    families,
    ipFamilyPolicy: families.length === 1 ? "SingleStack" : dice.one(["PreferDualStack", "RequireDualStack"]),
    labels: dice.one(labels),
    sharingKey: dice.one(["", "", "k", "l"]),
    externalTrafficPolicy: dice.one(["Cluster", "Cluster", "Local"]),
    selector: dice.one([{}, { app: "x" }, { app: "y" }]),
    requestedPool: dice.one([undefined, undefined, undefined, "a", "b", "none", "b,a"]),
    requestedAddresses: wanted.filter(({ family }) => families.includes(family as never)),
    externalIps: dice.below(8) === 0 ? [ip(dice.one(V4))] : [],
    ports: service("x", { ports: dice.one([["TCP/80"], ["TCP/443"], ["UDP/80"], ["TCP/80", "TCP/443"]]) }).ports,
    type: dice.below(12) === 0 ? "NodePort" : "LoadBalancer",
  };
};

const OPERATIONS_BY_NAME: Readonly<Record<string, Operation>> = {
  create(cluster) {
    const { dice } = cluster;
    const key = dice.one(KEYS);
    const [namespace = "", name = ""] = key.split("/");
    if (cluster.services.has(key)) return;
    cluster.createdMs += dice.below(2);
    cluster.put({ ...service(name), key, namespace, createdMs: cluster.createdMs, ...randomSpec(dice) });
  },
  edit(cluster) {
    const one = cluster.services.get(cluster.dice.one(KEYS));
    if (one === undefined) return;
    const spec = randomSpec(cluster.dice);
    const field = cluster.dice.one(Object.keys(spec)) as keyof Service;
    const edited = field === "families" || field === "ipFamilyPolicy" || field === "requestedAddresses";
    cluster.put({ ...one, ...(edited ? spec : { [field]: spec[field] }) });
  },
  share(cluster) {
    const one = cluster.services.get(cluster.dice.one(KEYS));
    if (one !== undefined) cluster.put({ ...one, sharingKey: "k", externalTrafficPolicy: "Cluster" });
  },
  remove(cluster) {
    const key = cluster.dice.one(KEYS);
    cluster.freed(key, cluster.services.get(key)?.assignedAddresses ?? []);
    if (cluster.services.delete(key)) cluster.changed.add(key);
  },
  pools(cluster) {
    cluster.rest = { ...cluster.rest, pools: cluster.dice.one(POOLS) };
  },
  namespaces(cluster) {
    const { dice } = cluster;
    const namespaces = new Map(["default", "other"].map((name) => [name, dice.one(labels)]));
    cluster.rest = { ...cluster.rest, namespaces };
  },
  time(cluster) {
    cluster.rest = { ...cluster.rest, nowMs: cluster.rest.nowMs + cluster.dice.below(100_000) };
  },
  restart: (cluster) => cluster.restart(),
  /** The controller is killed between its plan and its last write. */
  kill(cluster) {
    const plan = planAssignments(cluster.snapshot).assignments;
    for (const key of cluster.dice.some([...plan.keys()])) cluster.write(key, plan);
    cluster.restart();
  },
  /** Another program, or a person, empties a status or writes another's address into it. */
  meddle(cluster) {
    const one = cluster.services.get(cluster.dice.one(KEYS));
    if (one === undefined) return;
    cluster.freed(one.key, one.assignedAddresses);
    cluster.put({ ...one, assignedAddresses: cluster.dice.below(2) === 0 ? [] : [ip(cluster.dice.one(V4))] });
  },
  /** A person wants some of its addresses, and others, to be given up; or wants it no longer. */
  release(cluster) {
    const { dice } = cluster;
    const one = cluster.services.get(dice.one(KEYS));
    if (one === undefined) return;
    const others = dice.below(3) === 0 ? [ip(dice.one([...V4, ...V6]))] : [];
    cluster.put({ ...one, addressesToRelease: [...dice.some([...one.assignedAddresses]), ...others] });
  },
  /** What a second leader will think of later. */
  look(cluster) {
    cluster.stale = new Map(cluster.services);
  },
  /** Two leaders: the second one decides by a view that is old, and its writes are refused where it is. */
  secondLeader(cluster) {
    const plan = planAssignments({ ...cluster.snapshot, services: cluster.stale }).assignments;
    for (const key of plan.keys()) cluster.write(key, plan, cluster.stale.get(key));
  },
};

const WEIGHTED = Object.entries({
  create: 6,
  edit: 5,
  share: 2,
  remove: 3,
  pools: 1,
  namespaces: 1,
  time: 2,
  restart: 1,
  kill: 1,
  meddle: 1,
  release: 2,
  look: 1,
  secondLeader: 1,
}).flatMap(([name, weight]) => Array.from({ length: weight }, () => name));

function has(ips: readonly Ip[], one: Ip): boolean {
  return ips.some(({ family, value }) => family === one.family && value === one.value);
}

/** The rules of sharing (metallb.md 1.4), for two Services. */
function mayShare(left: Service, right: Service): boolean {
  const backend = (one: Service) => {
    const entries = Object.entries(one.selector).sort(([a], [b]) => (a < b ? -1 : 1));
    return one.externalTrafficPolicy === "Local" && entries.length > 0 ? JSON.stringify(entries) : "";
  };
  const ports = (one: Service) => new Set(one.ports.map(({ protocol, port }) => `${protocol} ${port}`));
  const isSame = left.sharingKey !== "" && left.sharingKey === right.sharingKey && backend(left) === backend(right);
  return isSame && ports(left).isDisjointFrom(ports(right));
}

/** The reference: what the plan made of the cluster, in the simplest words. */
class Reference {
  readonly before: AssignmentSnapshot;
  readonly plan: AssignmentPlan;
  readonly pools: readonly Pool[];

  constructor(before: AssignmentSnapshot, plan: AssignmentPlan) {
    this.before = before;
    this.plan = plan;
    this.pools = before.pools ?? [];
  }

  isOurs({ type }: Service): boolean {
    return type === "LoadBalancer";
  }

  /** What a Service has of ours by the plan. */
  held({ key }: Service): readonly Ip[] {
    const one = this.plan.assignments.get(key);
    return one === undefined || one.kind === "ignore" || one.reason === "AddressNotOurs" ? [] : one.addresses;
  }

  /** What a Service keeps all others off. */
  closes(one: Service): readonly Ip[] {
    const assignment = this.plan.assignments.get(one.key);
    const foreign = assignment?.reason === "AddressNotOurs" ? assignment.addresses : [];
    return [...(assignment?.released.map((released) => released.ip) ?? []), ...foreign];
  }

  /** The other Services that have the address by the plan. */
  sharers(one: Service, each: Ip): readonly Service[] {
    return [...this.before.services.values()].filter((other) => other !== one && has(this.held(other), each));
  }

  poolOf(one: Ip): Pool | undefined {
    return this.pools.find(({ ranges }) => ranges.some((range) => rangeContains(range, one)));
  }

  serves({ namespaces, namespaceSelectors, serviceSelectors }: Pool, one: Service): boolean {
    const own = this.before.namespaces?.get(one.namespace) ?? {};
    const isAnywhere = namespaces.length + namespaceSelectors.length === 0;
    const isThere = namespaces.includes(one.namespace) || namespaceSelectors.some((all) => matchesLabels(all, own));
    const isSelected = serviceSelectors.length === 0 || serviceSelectors.some((all) => matchesLabels(all, one.labels));
    return (isAnywhere || isThere) && isSelected;
  }

  hadIn(namespace: string, within: Pool): ReadonlySet<string> {
    const mine = [...this.before.services.values()].filter((one) => one.namespace === namespace && this.isOurs(one));
    const had = mine.flatMap(({ assignedAddresses }) => assignedAddresses);
    return new Set(had.filter((each) => this.poolOf(each) === within).map(printIp));
  }

  heldIn(namespace: string, within: Pool): ReadonlySet<string> {
    const mine = [...this.before.services.values()].filter((one) => one.namespace === namespace && this.isOurs(one));
    return new Set(
      mine.flatMap((one) =>
        this.held(one)
          .filter((each) => this.poolOf(each) === within)
          .map(printIp),
      ),
    );
  }

  /** Whether the Service could have the address now, after the plan. */
  couldHave(one: Service, wanted: Ip, { isRequest }: { isRequest: boolean }): boolean {
    const within = this.poolOf(wanted);
    const text = printIp(wanted);
    if (within === undefined || within.isDisabled || avoids(within, wanted) || !this.serves(within, one)) return false;
    if (within.excluded.some((range) => rangeContains(range, wanted))) return false;
    if (this.before.hostAddresses.has(text)) return false;
    const others = [...this.before.services.values()].filter((other) => other !== one);
    if (others.some((other) => has(other.externalIps, wanted))) return false;
    if ([one, ...others].some((other) => has(this.closes(other), wanted))) return false;
    if (others.some((other) => has(this.held(other), wanted) && !mayShare(one, other))) return false;
    const isResting = this.before.resting.has(text);
    const isInUse = others.some((other) => has(this.held(other), wanted));
    const isItsOwn = has(this.before.former.get(one.key) ?? [], wanted);
    const isKept = within.restMs === Infinity && isResting && !isInUse && !isItsOwn;
    if (isKept && (isRequest || !this.isInstead(one, wanted, within))) return false;
    // What a Service there gives up counts until that is written.
    const released = [...others, one]
      .filter(({ namespace }) => namespace === one.namespace)
      .flatMap((each) => this.closes(each));
    const mine = this.heldIn(one.namespace, within).union(
      new Set(released.filter((each) => this.poolOf(each) === within).map(printIp)),
    );
    return within.quotaPerNamespace === undefined || mine.has(text) || mine.size < within.quotaPerNamespace;
  }

  /** What a namespace has no Service for and is kept for one of it, the oldest first. */
  keptIn(namespace: string, within: Pool): readonly Ip[] {
    const { services, resting, hostAddresses, nowMs } = this.before;
    const restMs = within.restMs ?? 120_000;
    const isUsed = (each: Ip): boolean =>
      hostAddresses.has(printIp(each)) ||
      [...services.values()].some((one) => has([...this.held(one), ...this.closes(one), ...one.externalIps], each));
    return [...resting]
      .filter(([, { service: had, sinceMs }]) => had.startsWith(`${namespace}/`) && sinceMs + restMs > nowMs)
      .sort(([a, { sinceMs: aMs }], [b, { sinceMs: bMs }]) => aMs - bMs || (a < b ? -1 : 1))
      .map(([text]) => ip(text))
      .filter((each) => this.poolOf(each) === within && !isUsed(each) && !avoids(within, each))
      .filter((each) => !within.excluded.some((range) => rangeContains(range, each)));
  }

  /** Whether the address is the one that the Service gets where kept ones fill the quota of its namespace. */
  isInstead({ namespace, addressesToRelease }: Service, wanted: Ip, within: Pool): boolean {
    const kept = this.keptIn(namespace, within).filter((each) => !has(addressesToRelease, each));
    const isFull = this.heldIn(namespace, within).size + kept.length >= (within.quotaPerNamespace ?? Infinity);
    const first = kept.find(({ family }) => family === wanted.family);
    return isFull && first !== undefined && has([first], wanted);
  }

  /** Namespaces that have, with what is kept for them, more than their quota. */
  overQuota(): readonly string[] {
    const given = new Set(this.plan.givenUp.map(printIp));
    return this.pools.flatMap((within) =>
      ["default", "other"].filter((namespace) => {
        const held = this.heldIn(namespace, within).size;
        const kept = this.keptIn(namespace, within).filter((each) => !given.has(printIp(each))).length;
        return kept > 0 && held + kept > (within.quotaPerNamespace ?? Infinity);
      }),
    );
  }

  asked({ requestedPool }: Service): readonly Pool[] {
    const names = requestedPool?.split(",");
    return this.pools.filter(({ name, autoAssign }) => names?.includes(name) ?? autoAssign);
  }

  /** Whether something could be given to the Service that lacks the family. */
  couldServe(one: Service, family: Ip["family"]): boolean {
    const request = one.requestedAddresses.find((each) => each.family === family);
    const asked = this.asked(one);
    if (one.requestedPool?.split(",").some((name) => !this.pools.some((each) => each.name === name)) === true)
      return false;
    if (request !== undefined) {
      const isAsked = one.requestedPool === undefined || asked.some((each) => each === this.poolOf(request));
      return isAsked && this.couldHave(one, request, { isRequest: true });
    }
    const ranges = asked.flatMap((each) => each.ranges).filter((range) => range.family === family);
    return ranges.some((range) => {
      for (let value = range.first; value <= range.last; value++)
        // Its own external IP, and what it is to release, is not chosen for it, and may be requested.
        if (
          !has([...one.externalIps, ...one.addressesToRelease], { family, value }) &&
          this.couldHave(one, { family, value }, { isRequest: false })
        )
          return true;
      return false;
    });
  }
}

function isEach(ips: readonly Ip[], one: Service): boolean {
  return ips.every(({ family }) => one.families.includes(family));
}

/** What is wrong with a plan; undefined if it keeps every rule. */
function faultOf(reference: Reference): string | undefined {
  const ours = [...reference.before.services.values()].filter((one) => reference.isOurs(one));
  for (const one of ours) {
    const fault =
      faultOfSharing(reference, one, ours) ??
      faultOfGain(reference, one) ??
      faultOfMove(reference, one, ours) ??
      faultOfReason(reference, one);
    if (fault !== undefined) return `${one.key}: ${fault}`;
  }
  return undefined;
}

function faultOfSharing(reference: Reference, one: Service, ours: readonly Service[]): string | undefined {
  for (const each of reference.held(one)) {
    const clash = ours.find((other) => other !== one && has(reference.held(other), each) && !mayShare(one, other));
    if (clash !== undefined) return `has ${printIp(each)} beside ${clash.key}`;
  }
  return isEach(reference.held(one), one) ? undefined : "has an address of a family that it does not take";
}

function faultOfGain(reference: Reference, one: Service): string | undefined {
  for (const gained of reference.held(one).filter((each) => !has(one.assignedAddresses, each))) {
    if (has(one.addressesToRelease, gained) && !has(one.requestedAddresses, gained))
      return `got ${printIp(gained)}, which it is to release`;
    const from = reference.poolOf(gained);
    const isGiven = from !== undefined && !from.isDisabled && reference.serves(from, one) && !avoids(from, gained);
    if (!isGiven || from.excluded.some((range) => rangeContains(range, gained))) return `got ${printIp(gained)}`;
    // An address that its namespace has anyway is none more.
    if (reference.sharers(one, gained).some(({ namespace }) => namespace === one.namespace)) continue;
    const count = reference.heldIn(one.namespace, from).size;
    // An exchange takes nothing from a namespace that has more than its quota.
    const most = Math.max(from.quotaPerNamespace ?? Infinity, reference.hadIn(one.namespace, from).size);
    if (count > most) return `got ${printIp(gained)} beyond the quota`;
  }
  return undefined;
}

function faultOfMove(reference: Reference, one: Service, ours: readonly Service[]): string | undefined {
  const now = reference.plan.assignments.get(one.key)?.addresses ?? [];
  for (const lost of one.assignedAddresses.filter((each) => !has(now, each))) {
    const isForeign = !wasAssigned(one, lost) && reference.poolOf(lost) === undefined;
    const isUnusable = reference.before.hostAddresses.has(printIp(lost)) || printIp(lost) === "127.0.0.1";
    const isContested = ours.some(
      (other) => other !== one && has(other.assignedAddresses, lost) && !mayShare(one, other),
    );
    const isToRelease = has(one.addressesToRelease, lost) && now.some(({ family }) => family === lost.family);
    if (isForeign || isUnusable || isContested || isToRelease || !one.families.includes(lost.family)) continue;
    const inPlace = now.filter((each) => each.family === lost.family);
    const isAsked = inPlace.some(
      (each) =>
        has(one.requestedAddresses, each) ||
        one.requestedPool?.split(",").includes(reference.poolOf(each)?.name ?? "") === true,
    );
    if (!isAsked) return `lost ${printIp(lost)} unasked`;
  }
  return undefined;
}

function faultOfReason(reference: Reference, one: Service): string | undefined {
  const { reason = "", addresses = [], kind } = reference.plan.assignments.get(one.key) ?? {};
  if (kind === "ignore") return undefined;
  const lacking = one.families.filter((family) => !addresses.some((each) => each.family === family));
  if (reason === "AddressAssigned") return lacking.length === 0 ? undefined : `has no ${lacking.join()} and no reason`;
  if (reason === "AddressNotOurs") return undefined;
  const isServable = lacking.map((family) => reference.couldServe(one, family));
  const isWaiting = one.ipFamilyPolicy === "RequireDualStack" && addresses.length === 0 && one.families.length === 2;
  const isLie = isWaiting ? isServable.every(Boolean) && !sharesOne(reference, one) : isServable.some(Boolean);
  if (isLie) return `waits (${reason}) though it could be served`;
  return isTrue(reference, one, reason) ? undefined : `says ${reason}, which is not so`;
}

/** Both families alone could be had, and not both together: one address is left of a quota. */
function sharesOne(reference: Reference, one: Service): boolean {
  return reference.asked(one).some(({ quotaPerNamespace }) => quotaPerNamespace !== undefined);
}

function isTrue(reference: Reference, one: Service, reason: string): boolean {
  const { pools } = reference;
  const asked = reference.asked(one);
  const requested = one.requestedAddresses.flatMap((each) => reference.poolOf(each) ?? []);
  const concerned = [...asked, ...requested];
  const isFull = (each: Pool): boolean =>
    each.quotaPerNamespace !== undefined && reference.heldIn(one.namespace, each).size + 1 >= each.quotaPerNamespace;
  switch (reason) {
    case "NoPoolConfigured":
      return pools.length === 0 || asked.length === 0;
    case "RequestedPoolUnknown":
      return one.requestedPool?.split(",").some((name) => !pools.some((each) => each.name === name)) === true;
    case "RequestedAddressNotInPool":
    case "RequestedAddressInUse":
      return one.requestedAddresses.some((each) => !has(reference.held(one), each));
    case "PoolNotForService":
      return concerned.some((each) => !reference.serves(each, one));
    case "PoolDisabled":
      return concerned.some((each) => each.isDisabled);
    case "QuotaExceeded":
      return concerned.some(isFull);
    case "PoolExhausted":
      return asked.some((each) => reference.serves(each, one) && !each.isDisabled);
    case "FamilyUnavailable":
      return one.families.some(
        (family) =>
          !asked.some((each) => reference.serves(each, one) && each.ranges.some((range) => range.family === family)),
      );
    case "AddressNotReleased":
      return reference
        .held(one)
        .filter((each) => has(one.addressesToRelease, each))
        .some(({ family, value }) => {
          const isAsked = has(one.requestedAddresses, { family, value });
          return isAsked || !reference.couldServe(one, family);
        });
    case "AddressOrphaned":
      return reference.held(one).some((each) => reference.poolOf(each) === undefined);
    default:
      return false;
  }
}

/** The rules of this file, and that a plan depends on nothing but its snapshot. */
function judge(cluster: ModelCluster): string | undefined {
  const before = cluster.snapshot;
  cluster.planner.plan(before, cluster.changed);
  cluster.changed.clear();
  const whole = planAssignments(before);
  if (!isDeepStrictEqual(new Map(cluster.planner.assignments), whole.assignments))
    return "the plan is not the one from nothing";
  if (!isDeepStrictEqual(cluster.planner.usage(), whole.pools)) return "the counts are not those from nothing";
  if (!isDeepStrictEqual(cluster.planner.givenUp(), whole.givenUp))
    return "it gives up other addresses than one from nothing";
  cluster.giveUp(whole.givenUp);
  const services = new Map(cluster.dice.shuffled([...before.services]));
  if (!isDeepStrictEqual(planAssignments({ ...before, services }), whole)) return "the plan depends on the order";
  const reference = new Reference(before, whole);
  const [over] = reference.overQuota();
  return over === undefined ? faultOf(reference) : `addresses beyond its quota are kept for ${over}`;
}

function run(seed: number): string | undefined {
  const cluster = new ModelCluster(new Dice(seed));
  const names: string[] = [];
  for (let step = 0; step < OPERATIONS; step++) {
    const name = cluster.dice.one(WEIGHTED);
    names.push(name);
    OPERATIONS_BY_NAME[name]?.(cluster);
    const fault = judge(cluster);
    if (fault !== undefined) return `seed ${seed}, step ${step}, after ${names.slice(-8).join(", ")}: ${fault}`;
    const plan = new Map(cluster.planner.assignments);
    const keys = [...plan.keys()];
    for (const key of cluster.dice.below(3) === 0 ? cluster.dice.some(keys) : keys) cluster.write(key, plan);
  }
  return undefined;
}

describe("a cluster under random operations", () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
    "H keeps every rule of the reference model, from seed %i",
    (seed) => expect(run(seed)).toBeUndefined(),
    OPERATIONS * 1_000,
  );
});
