import type { EndpointGroup } from "./endpoint-group.ts";

/** What a policy may ask of the request and of the moment. */
export interface PolicyRequest {
  /** Of what the request is hashed by; 0 for policies that do not hash. */
  readonly hash: number;
  readonly nowMs: number;
  /** The index where a round would go on; for what is equal otherwise. */
  readonly turn: number;
  /** From 0 to below 1. */
  readonly chance: () => number;
}

/** Picks one of `among`, which are indexes of endpoints in rising order, at least one. */
export type Policy = (group: EndpointGroup, among: readonly number[], request: PolicyRequest) => number;
