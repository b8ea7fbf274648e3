import type { CharacterSet } from "./character-set.ts";

/** A regular expression as a tree. */
export type PatternNode =
  | { readonly kind: "empty" }
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly branches: readonly PatternNode[] }
  | {
      readonly kind: "repeat";
      readonly body: PatternNode;
      readonly min: number;
      /** Infinity: no limit. */
      readonly max: number;
      readonly isGreedy: boolean;
    }
  | { readonly kind: "group"; readonly body: PatternNode; /** From 1. */ readonly index: number };

export type Assertion = "start" | "end" | "word-edge" | "no-word-edge";
