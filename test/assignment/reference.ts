// The reference of the model-based test: what a plan made of a cluster, in the simplest words, and what could be had after it.
import { includesIp, type Ip, printIp } from "#src/ip/address.ts";
import { rangeContains } from "#src/ip/range.ts";
import type { AssignmentPlan, AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import { matchesLabels } from "#src/model/label-selector.ts";
import { avoids, type Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import { ip } from "./build.ts";

/** The rules of sharing (metallb.md 1.4), for two Services. */
export function mayShare(left: Service, right: Service): boolean {
  const backend = (one: Service) => {
    const entries = Object.entries(one.selector).sort(([a], [b]) => (a < b ? -1 : 1));
    return one.externalTrafficPolicy === "Local" && entries.length > 0 ? JSON.stringify(entries) : "";
  };
  const ports = (one: Service) => new Set(one.ports.map(({ protocol, port }) => `${protocol} ${port}`));
  const isSame = left.sharingKey !== "" && left.sharingKey === right.sharingKey && backend(left) === backend(right);
  return isSame && ports(left).isDisjointFrom(ports(right));
}

/** The reference: what the plan made of the cluster, in the simplest words. */
export class Reference {
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
    return [...this.before.services.values()].filter((other) => other !== one && includesIp(this.held(other), each));
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

  /** Whether a resting address was the Service's: it had it last, or, where that is not known, had it. */
  isItsOwn({ key }: Service, wanted: Ip): boolean {
    const last = this.before.resting.get(printIp(wanted))?.service ?? "";
    return last === "" ? includesIp(this.before.former.get(key) ?? [], wanted) : last === key;
  }

  /** Whether the Service could have the address now, after the plan. */
  couldHave(one: Service, wanted: Ip, { isRequest }: { isRequest: boolean }): boolean {
    const within = this.poolOf(wanted);
    const text = printIp(wanted);
    if (within === undefined || within.isDisabled || avoids(within, wanted) || !this.serves(within, one)) return false;
    if (within.excluded.some((range) => rangeContains(range, wanted))) return false;
    if (this.before.hostAddresses.has(text)) return false;
    const others = [...this.before.services.values()].filter((other) => other !== one);
    if (others.some((other) => includesIp(other.externalIps, wanted))) return false;
    if ([one, ...others].some((other) => includesIp(this.closes(other), wanted))) return false;
    if (others.some((other) => includesIp(this.held(other), wanted) && !mayShare(one, other))) return false;
    const isResting = this.before.resting.has(text);
    const isInUse = others.some((other) => includesIp(this.held(other), wanted));
    const isKept = within.restMs === Infinity && isResting && !isInUse && !this.isItsOwn(one, wanted);
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
      [...services.values()].some((one) =>
        includesIp([...this.held(one), ...this.closes(one), ...one.externalIps], each),
      );
    return [...resting]
      .filter(([, { service: had, sinceMs }]) => had.startsWith(`${namespace}/`) && sinceMs + restMs > nowMs)
      .sort(([a, { sinceMs: aMs }], [b, { sinceMs: bMs }]) => aMs - bMs || (a < b ? -1 : 1))
      .map(([text]) => ip(text))
      .filter((each) => this.poolOf(each) === within && !isUsed(each) && !avoids(within, each))
      .filter((each) => !within.excluded.some((range) => rangeContains(range, each)));
  }

  /** Whether the address is the one that the Service gets where kept ones fill the quota of its namespace. */
  isInstead({ namespace, addressesToRelease }: Service, wanted: Ip, within: Pool): boolean {
    const kept = this.keptIn(namespace, within).filter((each) => !includesIp(addressesToRelease, each));
    const isFull = this.heldIn(namespace, within).size + kept.length >= (within.quotaPerNamespace ?? Infinity);
    const first = kept.find(({ family }) => family === wanted.family);
    return isFull && first !== undefined && includesIp([first], wanted);
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
          !includesIp([...one.externalIps, ...one.addressesToRelease], { family, value }) &&
          this.couldHave(one, { family, value }, { isRequest: false })
        )
          return true;
      return false;
    });
  }
}
