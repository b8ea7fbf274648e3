import { recordOf, textOf } from "#src/model/record.ts";

/** What a leader election needs of a Lease (coordination.k8s.io/v1). */
export interface LeaseRecord {
  /** `metadata.resourceVersion`; undefined: not made yet. */
  readonly version: string | undefined;
  /** `spec.holderIdentity`; empty: it has no holder. */
  readonly holder: string;
  /** `spec.leaseDurationSeconds`, in milliseconds. */
  readonly durationMs: number;
  /** `spec.acquireTime`, in milliseconds since 1970. */
  readonly acquired: number;
  /** `spec.leaseTransitions`: how often the holder changed. */
  readonly transitions: number;
  /** The last write may or may not have been carried out: read again. */
  readonly isStale?: boolean;
}

/** Where a Lease says nothing of its duration, that of Kubernetes' own components is taken. */
const DEFAULT_DURATION_MS = 15_000;

/** Reads a Lease; what is missing or no such value counts as not said. */
export function readLease(body: unknown): LeaseRecord {
  const lease = recordOf(body);
  const metadata = recordOf(lease["metadata"]);
  const spec = recordOf(lease["spec"]);
  const seconds = spec["leaseDurationSeconds"];
  const acquired = Date.parse(textOf(spec["acquireTime"]));
  const transitions = spec["leaseTransitions"];
  return {
    version: textOf(metadata["resourceVersion"]),
    holder: textOf(spec["holderIdentity"]),
    durationMs: typeof seconds === "number" && seconds > 0 ? seconds * 1_000 : DEFAULT_DURATION_MS,
    acquired: Number.isNaN(acquired) ? 0 : acquired,
    transitions: typeof transitions === "number" ? transitions : 0,
  };
}

/** A Lease to create, or a merge patch that holds for the version alone. */
export function leaseBody(
  { version, holder, durationMs, acquired, transitions }: LeaseRecord,
  { namespace, name, nowMs }: { readonly namespace: string; readonly name: string; readonly nowMs: number },
): Readonly<Record<string, unknown>> {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace, name, ...(version === undefined ? {} : { resourceVersion: version }) },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: Math.ceil(durationMs / 1_000),
      acquireTime: microTime(acquired),
      renewTime: microTime(nowMs),
      leaseTransitions: transitions,
    },
  };
}

/** metav1.MicroTime: RFC 3339 with six digits. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
