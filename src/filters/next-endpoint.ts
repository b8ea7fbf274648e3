import type { NextCause } from "#src/model/annotations/proxy-next-upstream.ts";

/** When a request goes to another endpoint, by nginx's rules (proxy_next_upstream). */
export interface NextEndpoint {
  /** Undefined: as without the annotation. */
  readonly after: ReadonlySet<NextCause> | undefined;
  /** Since the request came; 0: without end. */
  readonly withinMs: number;
}
