import type { ValuePattern } from "#src/pattern/value-pattern.ts";
import type { NetworkSet } from "./network-set.ts";

/** A whole value in lower case, or an expression for a part of it. */
export type BlockedValue = string | ValuePattern;

/** Which requests are answered 403, whatever they ask for. */
export interface BlockedRequests {
  readonly networks: NetworkSet | undefined;
  readonly userAgents: readonly BlockedValue[];
  readonly referers: readonly BlockedValue[];
}
