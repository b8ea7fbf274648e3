import { isRecord } from "#src/source/status-text.ts";
import type { ApiClient } from "./client.ts";
import { refusalError } from "./outcome.ts";
import { pause, type Timing } from "./timing.ts";

/** Marks the Leases that hold reports, and names the annotation that a report is. */
const REPORT = "hawser.dev/report";
/** Selects them. */
export const REPORT_SELECTOR = REPORT;
/** All annotations of an object may have 256 KiB together. */
const MAX_REPORT_LENGTH = 200 * 1_024;
/** A report that changes all the time is written once in this time. */
const REPORT_EVERY_MS = 1_000;

type Report = Readonly<Record<string, unknown>>;

interface Slot {
  next: Report | undefined;
  writing: Promise<void> | undefined;
  /** Since the last write enough time passed. */
  rested: Promise<void>;
}

export interface ReportLeasesOptions {
  readonly client: ApiClient;
  readonly timing: Timing;
  readonly namespace: string;
}

/**
 * What programs report of themselves: each a Lease in Hawser's namespace, written by that program alone and deleted
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
  async write(name: string, value: Report): Promise<void> {
    const slot = this.#slots.get(name) ?? { next: undefined, writing: undefined, rested: Promise.resolve() };
    this.#slots.set(name, slot);
    slot.next = value;
    slot.writing ??= this.#work(name, slot).finally(() => (slot.writing = undefined));
    await slot.writing;
  }

  /** Deletes our own reports; what cannot be deleted stays, and shows by its age. */
  async close(): Promise<void> {
    this.#closing.abort();
    const { client } = this.#options;
    for (const [name, { writing }] of this.#slots) {
      await writing?.catch(() => undefined);
      const signal = AbortSignal.timeout(REPORT_EVERY_MS);
      await client.request({ method: "DELETE", path: this.#path(name), signal }).catch(() => undefined);
    }
  }

  async #work(name: string, slot: Slot): Promise<void> {
    while (slot.next !== undefined) {
      await slot.rested;
      const report = slot.next;
      slot.next = undefined;
      if (this.#closing.signal.aborted) return;
      await this.#put(name, report);
      slot.rested = pause(this.#options.timing, REPORT_EVERY_MS, this.#closing.signal);
    }
  }

  /** Server-side apply: one request, whether the Lease is there or not. */
  async #put(name: string, value: Report): Promise<void> {
    const { client, timing, namespace } = this.#options;
    const reportedAt = new Date(timing.clock()).toISOString();
    const body = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name,
        namespace,
        labels: { [REPORT]: "true" },
        annotations: { [REPORT]: printReport({ ...value, reportedAt }) },
      },
      spec: { holderIdentity: name, renewTime: reportedAt.replace("Z", "000Z") },
    };
    const path = `${this.#path(name)}?fieldManager=hawser&force=true`;
    const contentType = "application/apply-patch+yaml";
    const outcome = await client.request({ method: "PATCH", path, body, contentType });
    if (outcome.kind !== "ok") throw refusalError(`report ${name}`, outcome);
  }

  #path(name: string): string {
    return `${leasePath(this.#options.namespace)}/${encodeURIComponent(name)}`;
  }
}

/** The collection that reports are in. */
export function leasePath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
}

/** The report in a Lease; undefined if it has none that can be read. */
export function readReport(lease: unknown): Report | undefined {
  const metadata = isRecord(lease) ? lease["metadata"] : undefined;
  const annotations = isRecord(metadata) ? metadata["annotations"] : undefined;
  const text = isRecord(annotations) ? annotations[REPORT] : undefined;
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A report as JSON. Of one that is too long the longest list loses its end, and `shortened` is true. */
export function printReport(report: Report): string {
  let shorter = report;
  for (;;) {
    const text = JSON.stringify(shorter);
    if (Buffer.byteLength(text) <= MAX_REPORT_LENGTH) return text;
    const lists = Object.entries(shorter).filter((entry): entry is [string, readonly unknown[]] => {
      return Array.isArray(entry[1]) && entry[1].length > 0;
    });
    const [longest] = lists.sort(([, left], [, right]) => right.length - left.length);
    if (longest === undefined) return JSON.stringify({ reportedAt: report["reportedAt"], shortened: true });
    shorter = { ...shorter, [longest[0]]: longest[1].slice(0, Math.floor(longest[1].length / 2)), shortened: true };
  }
}
