import type { ApiClient } from "#src/source/kubernetes/api/client.ts";
import type { Timing } from "#src/source/kubernetes/api/timing.ts";
import type { StoredObject } from "#src/source/kubernetes/read/object-store.ts";
import { identityOf } from "#src/source/kubernetes/read/read-api-object.ts";
import { Reflector, type ReflectorListener } from "#src/source/kubernetes/read/reflector.ts";
import type { ReportTopic } from "#src/source/source.ts";
import { leasePath, readReport, reportMark } from "./report-leases.ts";

/** Reports by name. */
export type Reports = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** A Lease with a report. */
interface ReportRead extends StoredObject {
  readonly report: Readonly<Record<string, unknown>>;
}

export interface ReportReaderOptions {
  readonly client: ApiClient;
  readonly timing: Timing;
  readonly topic: ReportTopic;
  /** Where the Leases are. */
  readonly namespace: string;
  readonly listener: ReflectorListener;
}

/** The reports of all programs on one topic, as their Leases tell them. */
export class ReportReader {
  readonly #reflector: Reflector<ReportRead>;
  #shown: ReadonlyMap<string, ReportRead> | undefined;
  #named: Reports = new Map();

  constructor({ topic, namespace, ...options }: ReportReaderOptions) {
    this.#reflector = new Reflector({
      ...options,
      path: leasePath(namespace),
      query: { labelSelector: reportMark(topic) },
      read: (lease) => {
        const [metadata, report] = [identityOf(lease), readReport(topic, lease)];
        return metadata === undefined || report === undefined ? undefined : { metadata, report };
      },
    });
  }

  /** Resolves with the first list. */
  get listed(): Promise<void> {
    return this.#reflector.listed;
  }

  /** The same map until one of them changes: it is asked for at every change of anything. */
  all(): Reports {
    const shown = this.#reflector.snapshot();
    if (shown === this.#shown) return this.#named;
    this.#shown = shown;
    this.#named = new Map([...shown.values()].map(({ metadata, report }) => [metadata.name, report]));
    return this.#named;
  }

  close(): Promise<void> {
    return this.#reflector.close();
  }
}
