import type { AccessRefusal } from "#ingress/engine/access-control.ts";

/** An answer of our own that keeps a request out. */
export function refusal(
  status: AccessRefusal["status"],
  reason: NonNullable<AccessRefusal["cause"]["reason"]>,
  fields: AccessRefusal["cause"]["fields"] = [],
): AccessRefusal {
  return { kind: "answer", status, cause: { reason, fields } };
}

/** There is no place to wait. */
export const BUSY = refusal(503, "access-busy");
