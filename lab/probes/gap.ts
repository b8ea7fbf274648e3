/** One probe as the client saw it. Times are CLOCK_MONOTONIC (`process.hrtime.bigint()`), as are those of the faults. */
export interface ProbeRecord {
  /** From 1, in the order sent. */
  readonly sequence: number;
  readonly sentNs: bigint;
  /** Undefined for a probe that got no good answer. */
  readonly receivedNs: bigint | undefined;
  /** The pod that answered. */
  readonly pod: string | undefined;
  /** The client's address as that pod saw it; only in modes udp and tcp. */
  readonly seenFrom: string | undefined;
  /** Why there was no good answer: `timeout`, `timeout while connecting`, `ECONNREFUSED`, `status 503`; undefined also for lost datagrams. */
  readonly failure: string | undefined;
}

const NS_PER_MS = 1_000_000;

/**
 * What a client sees of a fault: milliseconds from the fault to the first good answer to a probe sent after it.
 * Undefined if no such probe was answered.
 */
export function gapAfter(records: readonly ProbeRecord[], faultNs: bigint): number | undefined {
  let first: bigint | undefined;
  for (const { sentNs, receivedNs } of records) {
    if (sentNs <= faultNs || receivedNs === undefined) continue;
    if (first === undefined || receivedNs < first) first = receivedNs;
  }
  return first === undefined ? undefined : toMs(first - faultNs);
}

/** How many probes sent from `fromNs` (included) to `toNs` (excluded) got no good answer. */
export function lost(records: readonly ProbeRecord[], fromNs: bigint, toNs: bigint): number {
  return between(records, fromNs, toNs).filter(({ receivedNs }) => receivedNs === undefined).length;
}

/** The records of the probes sent from `fromNs` (included) to `toNs` (excluded). */
export function between(records: readonly ProbeRecord[], fromNs: bigint, toNs: bigint): ProbeRecord[] {
  return records.filter(({ sentNs }) => fromNs <= sentNs && sentNs < toNs);
}

/**
 * The outage of one trial, in milliseconds: from the sending of the last probe answered before the fault to the
 * sending of the first probe after it from which on nothing is lost for `quietMs`. Undefined when nothing was answered
 * before, or the records do not show such a quiet time. Without any loss it is the spacing of two probes.
 */
export function outageMs(records: readonly ProbeRecord[], faultNs: bigint, quietMs = 2_000): number | undefined {
  const inOrder = records.toSorted((a, b) => (a.sentNs < b.sentNs ? -1 : a.sentNs > b.sentNs ? 1 : 0));
  const lastGood = inOrder.findLast(({ receivedNs }) => receivedNs !== undefined && receivedNs <= faultNs);
  const end = inOrder.at(-1)?.sentNs;
  if (lastGood === undefined || end === undefined) return undefined;
  const quietNs = BigInt(Math.round(quietMs * NS_PER_MS));
  let start: bigint | undefined;
  for (const { sentNs, receivedNs } of inOrder) {
    if (sentNs <= faultNs) continue;
    if (start !== undefined && sentNs - start >= quietNs) break;
    if (receivedNs === undefined) start = undefined;
    else start ??= sentNs;
  }
  return start === undefined || end - start < quietNs ? undefined : toMs(start - lastGood.sentNs);
}

function toMs(ns: bigint): number {
  return Number(ns) / NS_PER_MS;
}
