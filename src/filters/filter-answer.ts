import type { LimitStatus } from "#src/model/limit-status.ts";
import type { HttpsRedirectStatus } from "#src/model/settings-of-all.ts";

/** An answer that a filter gives in place of the endpoint. */
export interface FilterAnswer {
  readonly status: FilterStatus;
  /** Why, in the log and in metrics; missing where the answer is what was asked for, as a redirect or a preflight's is. */
  readonly reason?: FilterReason;
  /** Of a redirect: visible ASCII. */
  readonly location?: string;
  /** Further header fields, name and value: visible ASCII and blanks. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
}

/** The statuses that filters answer with; the engine has a phrase for each. */
type FilterStatus = 204 | HttpsRedirectStatus | 403 | 429 | 503 | LimitStatus;

/** Why a filter answers a request with an error. The reasons that logs and metrics show (`ResponseReason` of the ingress) have the same names. */
type FilterReason = "address-denied" | "address-not-allowed" | "rate-limited" | "connections-limited";
