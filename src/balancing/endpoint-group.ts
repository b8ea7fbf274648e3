import type { EndpointLoad } from "./endpoint-load.ts";

/** What policies know of the endpoints of a backend, by index. */
export interface EndpointGroup {
  /** Every index: all endpoints may be picked. */
  readonly all: readonly number[];
  /** Of what identifies each endpoint. */
  readonly hashes: Uint32Array;
  readonly loads: readonly EndpointLoad[];
}
