import { type Ip, printIp } from "#src/ip/address.ts";
import { exchangedMessage } from "#src/assignment/exchanged-message.ts";
import { isToRelease } from "#src/assignment/is-to-release.ts";
import type { Assignment, Released } from "#src/assignment/snapshot.ts";
import { without } from "#src/model/leaving-addresses.ts";
import type { KubeObject } from "#src/model/object.ts";
import { ingressOf } from "#src/model/service-status.ts";
import type { ServiceRecord } from "./service-record.ts";
import type { SpeakersView } from "./speakers-reader.ts";

/**
 * An address that is replaced stays beside the new one until speakers answer for that: an address that answers is better than one
 * that does not. No longer than this where no speaker answers for the old one either, for all but one of several, and in a pool
 * with a quota, of which a namespace would have more without limit.
 */
const OVERLAP_MS = 30_000;

/**
 * So long both stay after a speaker was seen to answer for the new one: until then kube-proxy has its rules for it on every
 * node, and a report from before, when another Service had it, is replaced.
 */
const SETTLED_MS = 2_000;

/** Addresses of one Service that leave it at the same time, where it is moved again and again. The oldest go first. */
const LEAVING_MAX = 4;

const NO_WISH = { addressesToRelease: [] };

/** What decides how long an address stays, besides its Service. */
interface OverlapSurroundings {
  readonly speakers: SpeakersView;
  readonly nowMs: number;
  /** Whether the pool that contains the address has a quota. */
  readonly hasQuota: (ip: Ip) => boolean;
}

/** What a Service shows while an address of it is replaced. */
export interface Overlap {
  /** What its status shall hold and what it gives up: the decision, and what leaves it. */
  readonly shown: Assignment;
  /** Those of the addresses shown that leave it. */
  readonly leaving: readonly Ip[];
  /** When those go at the latest that have a limit; undefined where none has. */
  readonly overlapUntilMs: number | undefined;
}

/**
 * Make before break: what a Service exchanges for another address stays in its status beside that, until the status shows
 * the new one and a speaker has answered for it for a moment, or its time is over. An address that no speaker answers for goes at once,
 * unless it was assigned just now.
 * While none answers for the new one there is no limit for what speakers answer for: for one address of each family of a pool
 * without a quota, and for all that it is to release (`hawser.dev/release-addresses`).
 */
export function overlapOf(
  { object, assignment, record }: { object: KubeObject; assignment: Assignment; record: ServiceRecord },
  { speakers, nowMs, hasQuota }: OverlapSurroundings,
): Overlap {
  const { addresses, released, kind } = assignment;
  const before = without(record.service?.leavingAddresses ?? [], addresses);
  const given = exchangedIn(assignment);
  if (kind === "ignore" || before.length + given.length === 0) return nothingLeaves(assignment);
  const inStatus = new Set(ingressOf(object).map(({ ip }) => ip));
  const isAnswered = (ip: Ip): boolean => speakers.announced.has(printIp(ip));
  const mayBeAnswered = (ip: Ip): boolean =>
    isAnswered(ip) || (inStatus.has(printIp(ip)) && isYetToBeReported(record, speakers, nowMs));
  const exchanged = given.filter(mayBeAnswered);
  if (before.length + exchanged.length === 0) return nothingLeaves(assignment);
  const wish = record.service ?? NO_WISH;
  const isServed = (ip: Ip): boolean => inStatus.has(printIp(ip)) && isAnswered(ip);
  const candidates = [...exchanged, ...without(before, exchanged)].slice(0, LEAVING_MAX);
  const families = new Set(candidates.map(({ family }) => family));
  const isReplaced = addresses.filter(({ family }) => families.has(family)).every(isServed);
  const isFirst = (ip: Ip): boolean => candidates.find((one) => one.family === ip.family && isAnswered(one)) === ip;
  const mayStay = (ip: Ip): boolean => isToRelease(wish, ip) || (isFirst(ip) && !hasQuota(ip));
  const isLimited = (ip: Ip): boolean => isReplaced || !isAnswered(ip) || !mayStay(ip);
  const longestMs = nowMs + OVERLAP_MS;
  const latestMs = exchanged.length > 0 ? longestMs : (record.overlapUntilMs ?? longestMs);
  const untilMs = isReplaced ? Math.min(latestMs, nowMs + SETTLED_MS) : latestMs;
  const leaving = candidates.filter((ip) => nowMs < untilMs || !isLimited(ip));
  const gone = without(before, [...leaving, ...released.map(({ ip }) => ip)]).map((ip): Released => ({
    ip,
    reason: "AddressReleased",
    message: exchangedMessage(wish, ip),
  }));
  const left = released.filter(({ ip }) => without([ip], leaving).length > 0);
  const shown = { ...assignment, addresses: [...addresses, ...leaving], released: [...left, ...gone] };
  // What has no limit is looked at again when the speakers report otherwise.
  return { shown, leaving, overlapUntilMs: leaving.some(isLimited) ? untilMs : undefined };
}

function nothingLeaves(assignment: Assignment): Overlap {
  return { shown: assignment, leaving: [], overlapUntilMs: undefined };
}

/**
 * Whether speakers may answer for what the status shows although none has reported it: they are there, and it is not there for so
 * long that its Service says that it is not announced. A report comes a moment after the first answer.
 */
function isYetToBeReported({ missingUntilMs }: ServiceRecord, { ready }: SpeakersView, nowMs: number): boolean {
  return ready > 0 && (missingUntilMs === undefined || nowMs < missingUntilMs);
}

/** What a Service gives up by a decision for another address of the same family. */
export function exchangedIn({ addresses, released }: Pick<Assignment, "addresses" | "released">): readonly Ip[] {
  return released
    .filter(({ ip, reason }) => reason === "AddressReleased" && addresses.some(({ family }) => family === ip.family))
    .map(({ ip }) => ip);
}
