// The rules that a plan keeps, which know nothing of how it is made.
import { includesIp, type Ip, printIp } from "#src/ip/address.ts";
import { rangeContains } from "#src/ip/range.ts";
import { avoids } from "#src/model/pool.ts";
import { type Service, wasAssigned } from "#src/model/service.ts";
import { isTrueReason } from "./is-true-reason.ts";
import { mayShare, type Reference } from "./reference.ts";

function isEach(ips: readonly Ip[], one: Service): boolean {
  return ips.every(({ family }) => one.families.includes(family));
}

/** What is wrong with a plan; undefined if it keeps every rule. */
export function faultOfPlan(reference: Reference): string | undefined {
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
    const clash = ours.find(
      (other) => other !== one && includesIp(reference.held(other), each) && !mayShare(one, other),
    );
    if (clash !== undefined) return `has ${printIp(each)} beside ${clash.key}`;
  }
  return isEach(reference.held(one), one) ? undefined : "has an address of a family that it does not take";
}

function faultOfGain(reference: Reference, one: Service): string | undefined {
  for (const gained of reference.held(one).filter((each) => !includesIp(one.assignedAddresses, each))) {
    if (includesIp(one.addressesToRelease, gained) && !includesIp(one.requestedAddresses, gained))
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
  for (const lost of one.assignedAddresses.filter((each) => !includesIp(now, each))) {
    const isForeign = !wasAssigned(one, lost) && reference.poolOf(lost) === undefined;
    const isUnusable = reference.before.hostAddresses.has(printIp(lost)) || printIp(lost) === "127.0.0.1";
    const isContested = ours.some(
      (other) => other !== one && includesIp(other.assignedAddresses, lost) && !mayShare(one, other),
    );
    const isToRelease = includesIp(one.addressesToRelease, lost) && now.some(({ family }) => family === lost.family);
    if (isForeign || isUnusable || isContested || isToRelease || !one.families.includes(lost.family)) continue;
    const inPlace = now.filter((each) => each.family === lost.family);
    const isAsked = inPlace.some(
      (each) =>
        includesIp(one.requestedAddresses, each) ||
        one.requestedPool?.split(",").includes(reference.poolOf(each)?.name ?? "") === true,
    );
    if (!isAsked) return `lost ${printIp(lost)} unasked`;
  }
  return undefined;
}

function faultOfReason(reference: Reference, one: Service): string | undefined {
  const { reason = "", message = "", addresses = [], kind } = reference.plan.assignments.get(one.key) ?? {};
  if (kind === "ignore") return undefined;
  const lacking = one.families.filter((family) => !addresses.some((each) => each.family === family));
  if (reason === "AddressAssigned") return lacking.length === 0 ? undefined : `has no ${lacking.join()} and no reason`;
  if (reason === "AddressNotOurs") return undefined;
  const isServable = lacking.map((family) => reference.couldServe(one, family));
  const isWaiting = one.ipFamilyPolicy === "RequireDualStack" && addresses.length === 0 && one.families.length === 2;
  const isLie = isWaiting ? isServable.every(Boolean) && !sharesOne(reference, one) : isServable.some(Boolean);
  if (isLie) return `waits (${reason}) though it could be served`;
  return isTrueReason(reference, one, { reason, message }) ? undefined : `says ${reason}, which is not so: ${message}`;
}

/** Both families alone could be had, and not both together: one address is left of a quota. */
function sharesOne(reference: Reference, one: Service): boolean {
  return reference.asked(one).some(({ quotaPerNamespace }) => quotaPerNamespace !== undefined);
}
