import type { CharacterSet } from "./character-set.ts";
import type { PatternNode } from "./pattern-node.ts";
import { type ParsedPattern, PatternFault } from "./parse-pattern.ts";

/** What an instruction does. */
export const Op = {
  Match: 0,
  Set: 1,
  Split: 2,
  Jump: 3,
  Save: 4,
  Start: 5,
  End: 6,
  WordEdge: 7,
  NoWordEdge: 8,
} as const;

/** An expression as instructions; small, and made once. */
export interface PatternProgram {
  readonly ops: Uint8Array;
  /** Of Set the index of its set, of Split and Jump where to go (first), of Save the slot. */
  readonly first: Uint16Array;
  /** Of Split: where to go if the first way leads nowhere. */
  readonly second: Uint16Array;
  readonly sets: readonly CharacterSet[];
  /** Where the whole and each group begin and end before anything is found. */
  readonly noPlaces: readonly number[];
}

/** Each is looked at once at most for each character of a path, so that this bounds the time. */
const MAX_INSTRUCTIONS = 500;

/** The instructions for a tree. Throws a PatternFault where there would be too many. */
export function compilePattern({ node, groups }: ParsedPattern): PatternProgram {
  const writer = new ProgramWriter();
  writer.write(node);
  writer.add(Op.Match);
  return { ...writer.program(), noPlaces: Array.from({ length: 2 * (groups + 1) }, () => -1) };
}

class ProgramWriter {
  readonly #ops: number[] = [];
  readonly #first: number[] = [];
  readonly #second: number[] = [];
  readonly #sets: CharacterSet[] = [];

  program(): Omit<PatternProgram, "noPlaces"> {
    return {
      ops: Uint8Array.from(this.#ops),
      first: Uint16Array.from(this.#first),
      second: Uint16Array.from(this.#second),
      sets: this.#sets,
    };
  }

  add(op: number, first = 0, second = 0): number {
    if (this.#ops.length >= MAX_INSTRUCTIONS)
      throw new PatternFault(`it has more than ${MAX_INSTRUCTIONS} steps when its repetitions are written out`);
    this.#first.push(first);
    this.#second.push(second);
    return this.#ops.push(op) - 1;
  }

  write(node: PatternNode): void {
    switch (node.kind) {
      case "empty":
        break;
      case "set":
        this.add(Op.Set, this.#indexOf(node.set));
        break;
      case "assert":
        this.add(ASSERTION_OPS[node.what]);
        break;
      case "sequence":
        for (const part of node.parts) this.write(part);
        break;
      case "choice":
        this.#writeChoice(node.branches);
        break;
      case "repeat":
        this.#writeRepeat(node);
        break;
      case "group":
        this.add(Op.Save, 2 * node.index);
        this.write(node.body);
        this.add(Op.Save, 2 * node.index + 1);
        break;
    }
  }

  #indexOf(set: CharacterSet): number {
    const index = this.#sets.indexOf(set);
    return index === -1 ? this.#sets.push(set) - 1 : index;
  }

  #writeChoice(branches: readonly PatternNode[]): void {
    const jumps: number[] = [];
    for (const [index, branch] of branches.entries()) {
      const isLast = index === branches.length - 1;
      const split = isLast ? -1 : this.add(Op.Split);
      if (!isLast) this.#first[split] = split + 1;
      this.write(branch);
      if (isLast) break;
      jumps.push(this.add(Op.Jump));
      this.#second[split] = this.#ops.length;
    }
    for (const jump of jumps) this.#first[jump] = this.#ops.length;
  }

  #writeRepeat({ body, min, max, isGreedy }: Extract<PatternNode, { kind: "repeat" }>): void {
    for (let count = 0; count < min; count++) {
      const before = this.#ops.length;
      this.write(body);
      // What has no characters is bounded by nothing else: `(?:(?:){1000}){1000}`.
      if (this.#ops.length === before) break;
    }
    if (max === Infinity) {
      const split = this.add(Op.Split);
      this.write(body);
      this.add(Op.Jump, split);
      this.#point(split, isGreedy);
      return;
    }
    const splits: number[] = [];
    for (let count = min; count < max; count++) {
      splits.push(this.add(Op.Split));
      this.write(body);
    }
    for (const split of splits) this.#point(split, isGreedy);
  }

  /** The two ways of a repetition: once more, or on to what is written next. */
  #point(split: number, isGreedy: boolean): void {
    const [once, on] = [split + 1, this.#ops.length];
    this.#first[split] = isGreedy ? once : on;
    this.#second[split] = isGreedy ? on : once;
  }
}

const ASSERTION_OPS = {
  start: Op.Start,
  end: Op.End,
  "word-edge": Op.WordEdge,
  "no-word-edge": Op.NoWordEdge,
} as const;
