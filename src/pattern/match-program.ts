import { WORD_SET } from "./character-set.ts";
import { Op, type PatternProgram } from "./compile-pattern.ts";

/** Steps that comparisons may take yet, together; a negative number: they took more, and what they found is not to be used. */
export interface StepBudget {
  left: number;
}

/**
 * Finds an expression in a text of ASCII characters, the leftmost way and of those the one that a backtracking engine would find first.
 * Returns where the whole and each group begin and end (-1: the group took no part), or undefined where the text does
 * not match. It goes back as such an engine does, but to no place twice (RE2's bit state): the time is at most the
 * instructions times the characters.
 */
export function matchProgram(
  program: PatternProgram,
  text: string,
  budget: StepBudget = { left: Infinity },
): readonly number[] | undefined {
  const { ops } = program;
  const columns = text.length + 1;
  const words = (ops.length * columns + 31) >>> 5;
  if (scratch.visited.length < words) {
    scratch.visited = new Uint32Array(Math.max(words, 2 * scratch.visited.length));
    // A word of new memory takes as long as a step.
    budget.left -= words;
  } else scratch.visited.fill(0, 0, words);
  scratch.steps = 0;
  const found = findIn(program, text);
  budget.left -= scratch.steps;
  if (scratch.stack.length > MAX_KEPT) scratch.stack = new Int32Array(FIRST_STACK);
  if (scratch.visited.length > MAX_KEPT) scratch.visited = new Uint32Array(FIRST_VISITED);
  return found;
}

function findIn(program: PatternProgram, text: string): readonly number[] | undefined {
  const places = [...program.noPlaces];
  // Only expressions whose alternatives do not all begin with ^ go on from here.
  const lastStart = program.ops[0] === Op.Start ? 0 : text.length;
  for (let start = 0; start <= lastStart; start++) {
    const end = runFrom(program, text, start, places);
    if (end === -1) continue;
    places[0] = start;
    places[1] = end;
    return places;
  }
  return undefined;
}

const FIRST_VISITED = 64;
const FIRST_STACK = 256;
/** Memory that only a very long path needed is not kept. */
const MAX_KEPT = 32_768;

/** Used again by each call; one call never begins within another. */
const scratch = { visited: new Uint32Array(FIRST_VISITED), stack: new Int32Array(FIRST_STACK), steps: 0 };

/** Where the match that begins at `start` ends, or -1. */
function runFrom({ ops, first, second, sets }: PatternProgram, text: string, start: number, places: number[]): number {
  const { visited } = scratch;
  const { length } = text;
  let { stack } = scratch;
  let depth = 0;
  let pc = 0;
  let at = start;
  let steps = 0;
  for (;;) {
    steps += 1;
    const bit = pc * (length + 1) + at;
    let isDead = (visited[bit >>> 5]! & (1 << (bit & 31))) !== 0;
    if (!isDead) {
      visited[bit >>> 5]! |= 1 << (bit & 31);
      switch (ops[pc]) {
        case Op.Match:
          scratch.steps += steps;
          return at;
        case Op.Set:
          isDead = at === length || sets[first[pc]!]![text.charCodeAt(at)] !== 1;
          at += 1;
          pc += 1;
          break;
        case Op.Split:
          if (depth + 4 > stack.length) stack = grow(stack);
          stack[depth++] = at;
          stack[depth++] = second[pc]!;
          pc = first[pc]!;
          break;
        case Op.Jump:
          pc = first[pc]!;
          break;
        case Op.Save:
          if (depth + 4 > stack.length) stack = grow(stack);
          stack[depth++] = places[first[pc]!]!;
          stack[depth++] = -1 - first[pc]!;
          places[first[pc]!] = at;
          pc += 1;
          break;
        default:
          isDead = !holds(ops[pc]!, text, at);
          pc += 1;
          break;
      }
    }
    if (!isDead) continue;
    // Back to the last choice; groups are again what they were before it.
    for (;;) {
      if (depth === 0) {
        scratch.steps += steps;
        return -1;
      }
      pc = stack[--depth]!;
      at = stack[--depth]!;
      if (pc >= 0) break;
      places[-1 - pc] = at;
    }
  }
}

function grow(stack: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * stack.length);
  larger.set(stack);
  scratch.stack = larger;
  return larger;
}

function holds(op: number, text: string, at: number): boolean {
  if (op === Op.Start) return at === 0;
  if (op === Op.End) return at === text.length;
  const isEdge = isWord(text, at - 1) !== isWord(text, at);
  return op === Op.WordEdge ? isEdge : !isEdge;
}

function isWord(text: string, at: number): boolean {
  return at >= 0 && at < text.length && WORD_SET[text.charCodeAt(at)] === 1;
}
