import type { Rewrite } from "#src/model/annotations/rewrite-target.ts";
import type { HttpsPolicy } from "./redirect-to-https.ts";

/** What is done with a request before it is forwarded; `runFilters` says in which order. */
export interface RuleFilters {
  readonly httpsRedirect: HttpsPolicy | undefined;
  /** What becomes of the path; the target is visible ASCII. */
  readonly rewrite: Rewrite | undefined;
  /** The largest body of a request, in bytes; 0: any size; undefined: as the program's option says. */
  readonly bodyBytes: number | undefined;
}

/** Of most rules: all of these share one, and nothing is asked of it. */
export const NO_FILTERS: RuleFilters = { httpsRedirect: undefined, rewrite: undefined, bodyBytes: undefined };
