import { jumpIf, load, type Program, returns, skipIf } from "./encode-program.ts";

/** Values compared one after the other at the end of a search: fewer make the program longer, more make it slower. */
const LEAF_VALUES = 8;

const WORD_BYTES = 4;

export interface MatchOptions {
  /** Where in the frame the words stand. */
  readonly at: number;
  /** How much of a matching frame to keep. */
  readonly keepBytes: number;
}

/** All keys that begin with the same words: `value` is the word that is looked at now. */
interface Branch {
  readonly value: number;
  readonly rests: readonly (readonly number[])[];
}

/**
 * A program that keeps the frame if the words in it are one of the keys, and drops it otherwise. The keys are sorted,
 * different, and of the same number of 32-bit words. Each word is found by binary search among those that follow the
 * words before it, so keys with a common beginning share its comparisons.
 */
export function matchWords(keys: readonly (readonly number[])[], { at, keepBytes }: MatchOptions): Program {
  const branches = groupByFirst(keys);
  const isLast = keys[0]?.length === 1;
  const onMatch = ({ rests }: Branch): Program => matchWords(rests, { at: at + WORD_BYTES, keepBytes });
  const leaf = (part: readonly Branch[]): Program => (isLast ? lastLeaf(part, keepBytes) : innerLeaf(part, onMatch));
  return [load("loadWord", at), ...search(branches, leaf)];
}

function groupByFirst(keys: readonly (readonly number[])[]): readonly Branch[] {
  const groups = Map.groupBy(keys, ([first = 0]) => first);
  return [...groups].map(([value, members]) => ({ value, rests: members.map((key) => key.slice(1)) }));
}

/** Binary search for the accumulator among sorted branches, down to leaves. */
function search(branches: readonly Branch[], leaf: (part: readonly Branch[]) => Program): Program {
  if (branches.length <= LEAF_VALUES) return leaf(branches);
  // Whole leaves on the left: half-filled ones would make the program longer.
  const half = Math.ceil(branches.length / 2 / LEAF_VALUES) * LEAF_VALUES;
  const left = search(branches.slice(0, half), leaf);
  const right = search(branches.slice(half), leaf);
  const pivot = branches[half - 1]?.value ?? 0;
  return [...skipIf("jumpIfGreater", pivot, { when: true, over: left }), ...right];
}

/** The last word: any of the values keeps the frame. */
function lastLeaf(branches: readonly Branch[], keepBytes: number): Program {
  const compares = branches.map(({ value }, index) => jumpIf("jumpIfEqual", value, [branches.length - index, 0]));
  return [...compares, returns(0), returns(keepBytes)];
}

/** A word before the last: behind each value stands the search for the words that may follow it. */
function innerLeaf(branches: readonly Branch[], onMatch: (branch: Branch) => Program): Program {
  const cases = branches.flatMap((branch) =>
    skipIf("jumpIfEqual", branch.value, { when: false, over: onMatch(branch) }),
  );
  return [...cases, returns(0)];
}
