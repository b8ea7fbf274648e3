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
 * An address that is replaced stays beside the new one until speakers answer for that, and no longer than this: a new
 * address may be one that no node can announce. One that is released (`hawser.dev/release-addresses`) has all the time while a speaker
 * answers for it: no person asked for that new address, and the old one works.
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

/** What a Service shows while an address of it is replaced. */
export interface Overlap {
  /** What its status shall hold and what it gives up: the decision, and what leaves it. */
  readonly shown: Assignment;
  /** Those of the addresses shown that leave it. */
  readonly leaving: readonly Ip[];
  /** When they go at the latest; undefined where none leaves. */
  readonly overlapUntilMs: number | undefined;
}

/**
 * Make before break: what a Service exchanges for another address stays in its status beside that, until the status shows
 * the new one and a speaker has answered for it for a moment, or its time is over. An address that no speaker answers for goes at once.
 */
export function overlapOf(
  { object, assignment, record }: { object: KubeObject; assignment: Assignment; record: ServiceRecord },
  { speakers, nowMs }: { readonly speakers: SpeakersView; readonly nowMs: number },
): Overlap {
  const { addresses, released, kind } = assignment;
  const before = without(record.service?.leavingAddresses ?? [], addresses);
  const exchanged = exchangedIn(assignment).filter((ip) => speakers.announced.has(printIp(ip)));
  if (kind === "ignore" || (before.length === 0 && exchanged.length === 0))
    return { shown: assignment, leaving: [], overlapUntilMs: undefined };
  const wish = record.service ?? NO_WISH;
  const inStatus = new Set(ingressOf(object).map(({ ip }) => ip));
  const isServed = (ip: Ip): boolean => inStatus.has(printIp(ip)) && speakers.announced.has(printIp(ip));
  const candidates = [...exchanged, ...without(before, exchanged)].slice(0, LEAVING_MAX);
  const families = new Set(candidates.map(({ family }) => family));
  const isReplaced = addresses.filter(({ family }) => families.has(family)).every(isServed);
  const isReleased =
    !isReplaced && candidates.some((ip) => isToRelease(wish, ip) && speakers.announced.has(printIp(ip)));
  const longestMs = isReleased ? Infinity : nowMs + OVERLAP_MS;
  const latestMs = exchanged.length > 0 || isReleased ? longestMs : (record.overlapUntilMs ?? longestMs);
  const untilMs = isReplaced ? Math.min(latestMs, nowMs + SETTLED_MS) : latestMs;
  const leaving = nowMs < untilMs ? candidates : [];
  const gone = without(before, [...leaving, ...released.map(({ ip }) => ip)]).map((ip): Released => ({
    ip,
    reason: "AddressReleased",
    message: exchangedMessage(wish, ip),
  }));
  const given = released.filter(({ ip }) => without([ip], leaving).length > 0);
  const shown = { ...assignment, addresses: [...addresses, ...leaving], released: [...given, ...gone] };
  // What has no end is looked at again when the speakers report otherwise.
  const isTimed = leaving.length > 0 && untilMs < Infinity;
  return { shown, leaving, overlapUntilMs: isTimed ? untilMs : undefined };
}

/** What a Service gives up by a decision for another address of the same family. */
export function exchangedIn({ addresses, released }: Pick<Assignment, "addresses" | "released">): readonly Ip[] {
  return released
    .filter(({ ip, reason }) => reason === "AddressReleased" && addresses.some(({ family }) => family === ip.family))
    .map(({ ip }) => ip);
}
