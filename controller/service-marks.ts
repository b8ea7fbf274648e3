import { equalIps, includesIp, type Ip } from "#src/ip/address.ts";
import { ownAddresses } from "#src/assignment/own-addresses.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import { markedLeaving } from "#src/model/leaving-addresses.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Service } from "#src/model/service.ts";

/**
 * What Hawser noted on a Service when it wrote it last. The notes are in annotations, which the owner of the Service may edit;
 * while a controller leads it believes these instead, so no edit of an annotation decides which Service yields.
 */
export interface ServiceMarks extends Pick<Service, "sharedTerms" | "allocatedFrom" | "markedAddresses"> {
  /** Of the Service that they are about: one that is created again under the name has its own. */
  readonly uid: string | undefined;
  /** The addresses that leave it. */
  readonly leaving: readonly Ip[];
}

/** A decision as it is written: what the Service has, with the addresses that leave it among the others. */
interface Written {
  readonly object: KubeObject;
  readonly assignment: Assignment;
  readonly leaving: readonly Ip[];
}

/**
 * What counts for a Service that is read: what is remembered of it, or else what its annotations say. Undefined where it has
 * no address that they could be about.
 */
export function marksOf(
  object: KubeObject,
  service: Service,
  known: ServiceMarks | undefined,
): ServiceMarks | undefined {
  const { uid } = object.metadata;
  if (known !== undefined && known.uid === uid) return known;
  const { sharedTerms, allocatedFrom, markedAddresses, assignedAddresses } = service;
  if (assignedAddresses.length === 0) return undefined;
  return { uid, sharedTerms, allocatedFrom, markedAddresses, leaving: markedLeaving(object) };
}

/** The Service, with what is remembered in place of what its annotations say. */
export function withMarks(service: Service, marks: ServiceMarks | undefined): Service {
  if (marks === undefined) return service;
  const { sharedTerms, allocatedFrom, markedAddresses } = marks;
  return { ...service, sharedTerms, allocatedFrom, markedAddresses };
}

/** After a decision was written, or is shown already. */
export function marksAfter({ object, assignment, leaving }: Written): ServiceMarks | undefined {
  const { addresses, pool: allocatedFrom, terms: sharedTerms } = assignment;
  if (addresses.length === 0) return undefined;
  const own = ownAddresses(assignment);
  const markedAddresses = own.length > 0 ? own : undefined;
  return { uid: object.metadata.uid, sharedTerms, allocatedFrom, markedAddresses, leaving };
}

/** After a write that may have been made or not: what it gives and what was given before both count. */
export function marksAfterDoubt(before: ServiceMarks | undefined, written: Written): ServiceMarks | undefined {
  const after = marksAfter(written);
  if (before === undefined || after === undefined) return after ?? before;
  const { markedAddresses: given } = before;
  const isNew = (ip: Ip): boolean => given !== undefined && !includesIp(given, ip);
  return {
    ...after,
    sharedTerms: before.sharedTerms,
    allocatedFrom: after.allocatedFrom ?? before.allocatedFrom,
    // Where none is noted and a pool is, all are: those of MetalLB.
    markedAddresses: given && [...given, ...(after.markedAddresses ?? []).filter(isNew)],
  };
}

/** Whether two notes say the same of a Service. */
export function isSameMarks(left: ServiceMarks | undefined, right: ServiceMarks | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return (
    left.uid === right.uid &&
    left.sharedTerms === right.sharedTerms &&
    left.allocatedFrom === right.allocatedFrom &&
    isSameList(left.markedAddresses, right.markedAddresses) &&
    isSameList(left.leaving, right.leaving)
  );
}

function isSameList(left: readonly Ip[] | undefined, right: readonly Ip[] | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.length === right.length && left.every((ip, at) => right[at] !== undefined && equalIps(ip, right[at]));
}
