import type { NextEndpoint } from "./next-endpoint.ts";

/** How patient requests are with endpoints; undefined: as the program's options say. */
export interface EndpointPatience {
  readonly connectMs: number | undefined;
  /** While the endpoint takes nothing of a request body. */
  readonly sendMs: number | undefined;
  /** While the endpoint sends nothing. */
  readonly readMs: number | undefined;
  /** Endpoints that are asked for one request. */
  readonly tries: number | undefined;
  readonly next: NextEndpoint | undefined;
  /** Of the head of an answer; more is not read. */
  readonly headBytes: number | undefined;
}
