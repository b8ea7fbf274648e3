import { isRecord } from "#src/model/record.ts";
import type { ApiClient } from "#src/source/kubernetes/api/client.ts";
import { errorOfOutcome } from "#src/source/kubernetes/api/outcome.ts";
import { pause, type Timing } from "#src/source/kubernetes/api/timing.ts";
import { FIELD_MANAGER } from "#src/source/kubernetes/read/read-api-object.ts";
import type { ReportTopic } from "#src/source/source.ts";
import { microTime } from "./lease.ts";

/** The label that marks the Leases of a topic, and the annotation that holds what is said. */
export function reportMark(topic: ReportTopic): string {
  return `hawser.dev/${topic}`;
}

/** All annotations of an object may have 256 KiB together. */
const MAX_REPORT_LENGTH = 200 * 1_024;
/** A report that changes all the time is written once in this time. */
const REPORT_EVERY_MS = 1_000;

type Report = Readonly<Record<string, unknown>>;

interface Slot {
  next: { readonly report: Report; readonly owner: ReportOwner | undefined } | undefined;
  writing: Promise<void> | undefined;
  /** Since the last write enough time passed. */
  rested: Promise<void>;
}

/** The object a report goes with: the garbage collector deletes it after that one. */
export interface ReportOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export interface ReportLeasesOptions {
  readonly topic: ReportTopic;
  readonly client: ApiClient;
  readonly timing: Timing;
  readonly namespace: string;
}

/**
 * What programs report of themselves on one topic: each a Lease in Hawser's namespace, written by that program alone and deleted
 * when it ends well. A Lease, and not a ConfigMap, so that a speaker needs no right on the ConfigMap with the pools.
 */
export class ReportLeases {
  readonly #options: ReportLeasesOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #closing = new AbortController();

  constructor(options: ReportLeasesOptions) {
    this.#options = options;
  }

  /** Publishes a report, or a later one of the same name. Adds `reportedAt`, in ISO 8601. */
  async write(name: string, report: Report, owner?: ReportOwner): Promise<void> {
    const slot = this.#slots.get(name) ?? { next: undefined, writing: undefined, rested: Promise.resolve() };
    this.#slots.set(name, slot);
    slot.next = { report, owner };
    slot.writing ??= this.#work(name, slot).finally(() => (slot.writing = undefined));
    await slot.writing;
  }

  /** Deletes our own reports, unless their topic is kept; what cannot be deleted stays, and shows by its age. */
  async close(): Promise<void> {
    this.#closing.abort();
    const { client, topic } = this.#options;
    if (topic === "history") {
      await Promise.all([...this.#slots.values()].map(async ({ writing }) => writing?.catch(() => undefined)));
      return;
    }
    const remove = async ([name, { writing }]: readonly [string, Slot]): Promise<void> => {
      await writing?.catch(() => undefined);
      const signal = AbortSignal.timeout(REPORT_EVERY_MS);
      await client.request({ method: "DELETE", path: this.#path(name), signal }).catch(() => undefined);
    };
    await Promise.all([...this.#slots].map(remove));
  }

  async #work(name: string, slot: Slot): Promise<void> {
    while (slot.next !== undefined) {
      await slot.rested;
      const { report, owner } = slot.next;
      slot.next = undefined;
      if (this.#closing.signal.aborted) return;
      await this.#put(name, report, owner);
      slot.rested = pause(this.#options.timing, REPORT_EVERY_MS, this.#closing.signal);
    }
  }

  /** Server-side apply: one request, whether the Lease is there or not. */
  async #put(name: string, value: Report, owner: ReportOwner | undefined): Promise<void> {
    const { client, timing, namespace, topic } = this.#options;
    const nowMs = timing.clock();
    const reportedAt = new Date(nowMs).toISOString();
    const body = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name,
        namespace,
        labels: { [reportMark(topic)]: "true" },
        annotations: { [reportMark(topic)]: printReport({ ...value, reportedAt }) },
        ...(owner === undefined ? {} : { ownerReferences: [owner] }),
      },
      spec: { holderIdentity: name, renewTime: microTime(nowMs) },
    };
    const path = `${this.#path(name)}?fieldManager=${FIELD_MANAGER}&force=true`;
    const contentType = "application/apply-patch+yaml";
    const outcome = await client.request({ method: "PATCH", path, body, contentType });
    if (outcome.kind !== "ok") throw errorOfOutcome(`report ${name}`, outcome);
  }

  #path(name: string): string {
    return `${leasePath(this.#options.namespace)}/${encodeURIComponent(name)}`;
  }
}

/** The collection that reports are in. */
export function leasePath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
}

/** The report on a topic in a Lease; undefined if it has none that can be read. */
export function readReport(topic: ReportTopic, lease: unknown): Report | undefined {
  const metadata = isRecord(lease) ? lease["metadata"] : undefined;
  const annotations = isRecord(metadata) ? metadata["annotations"] : undefined;
  const text = isRecord(annotations) ? annotations[reportMark(topic)] : undefined;
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A report as JSON. Of one that is too long the longest list, by its text, loses its end, and `shortened` is true. */
export function printReport(report: Report): string {
  let shorter = report;
  for (;;) {
    const text = JSON.stringify(shorter);
    if (Buffer.byteLength(text) <= MAX_REPORT_LENGTH) return text;
    const next = shorten(shorter);
    if (next === undefined) return JSON.stringify({ reportedAt: report["reportedAt"], shortened: true });
    shorter = { ...next, shortened: true };
  }
}

/** Takes the end from the longest list in a record; undefined where it has none. */
function shorten(record: Report): Report | undefined {
  const lists = Object.entries(record).filter((entry): entry is [string, readonly unknown[]] => {
    return Array.isArray(entry[1]) && entry[1].length > 0;
  });
  const [longest] = lists.map(([key, list]) => ({ key, list, size: sizeOf(list) })).sort((a, b) => b.size - a.size);
  return longest && { ...record, [longest.key]: shortenList(longest.list, longest.size) };
}

/** Where one element is most of a list, that is shortened, or a list in it would cost all that is beside it. */
function shortenList(list: readonly unknown[], size: number): readonly unknown[] {
  const at = list.findIndex((one) => isRecord(one) && sizeOf(one) * 2 > size);
  const element = list[at];
  const shorter = isRecord(element) ? shorten(element) : undefined;
  return shorter === undefined ? list.slice(0, Math.floor(list.length / 2)) : list.with(at, shorter);
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value).length;
}
