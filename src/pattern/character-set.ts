/** 1 for each ASCII character code that belongs to it. */
export type CharacterSet = Uint8Array;

const SIZE = 128;
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
const CASE_BIT = 0x20;

function setOf(has: (character: string) => boolean): CharacterSet {
  return Uint8Array.from({ length: SIZE }, (_, code) => Number(has(String.fromCharCode(code))));
}

const byExpression = (expression: RegExp) => setOf((character) => expression.test(character));

/** The set of all characters between two codes, both included. */
export function rangeSet(first: number, last: number): CharacterSet {
  return new Uint8Array(SIZE).fill(1, first, last + 1);
}

export function unionOf(sets: readonly CharacterSet[]): CharacterSet {
  const union = new Uint8Array(SIZE);
  for (const set of sets) for (let code = 0; code < SIZE; code++) union[code]! |= set[code]!;
  return union;
}

export function complementOf(set: CharacterSet): CharacterSet {
  return set.map((has) => 1 - has);
}

/** With each letter in the other case, too. */
export function withoutCase(set: CharacterSet): CharacterSet {
  const folded = Uint8Array.from(set);
  for (let upper = UPPER_A; upper <= UPPER_Z; upper++) {
    const has = (set[upper] ?? 0) | (set[upper | CASE_BIT] ?? 0);
    folded[upper] = folded[upper | CASE_BIT] = has;
  }
  return folded;
}

const SINGLES = Array.from({ length: SIZE }, (_, code) => rangeSet(code, code));
const FOLDED_SINGLES = SINGLES.map(withoutCase);
const NONE: CharacterSet = new Uint8Array(SIZE);

/** One character, and where case is ignored a letter in the other case, too; beyond ASCII none. */
export function singleSet(code: number, ignoresCase: boolean): CharacterSet {
  return (ignoresCase ? FOLDED_SINGLES : SINGLES)[code] ?? NONE;
}

const WORD = byExpression(/\w/);
const DIGIT = byExpression(/\d/);
const SPACE = byExpression(/[\t\n\v\f\r ]/);

export const ANY = setOf((character) => character !== "\n");

/** By the letter after a backslash. */
export const ESCAPED_SETS: Readonly<Record<string, CharacterSet>> = {
  d: DIGIT,
  D: complementOf(DIGIT),
  w: WORD,
  W: complementOf(WORD),
  s: SPACE,
  S: complementOf(SPACE),
};

/** By the name in `[[:name:]]`. */
export const NAMED_SETS: Readonly<Record<string, CharacterSet>> = {
  alnum: byExpression(/[0-9A-Za-z]/),
  alpha: byExpression(/[A-Za-z]/),
  blank: byExpression(/[\t ]/),
  cntrl: setOf((character) => character < " " || character === "\x7f"),
  digit: DIGIT,
  graph: byExpression(/[!-~]/),
  lower: byExpression(/[a-z]/),
  print: byExpression(/[ -~]/),
  punct: byExpression(/[!-/:-@[-`{-~]/),
  space: SPACE,
  upper: byExpression(/[A-Z]/),
  word: WORD,
  xdigit: byExpression(/[0-9A-Fa-f]/),
};

/** Characters of words, as edges of words are found. */
export const WORD_SET = WORD;
