import {
  ANY,
  complementOf,
  ESCAPED_SETS,
  NAMED_SETS,
  rangeSet,
  singleSet,
  unionOf,
  withoutCase,
} from "./character-set.ts";
import type { CharacterSet } from "./character-set.ts";
import type { Assertion, PatternNode } from "./pattern-node.ts";

/** Why an expression cannot be read: a sentence without its end. */
export class PatternFault extends Error {}

/** An expression as a tree, and how many groups it has. */
export interface ParsedPattern {
  readonly node: PatternNode;
  readonly groups: number;
}

/** Times that a repetition with a number may name, as in RE2. */
const MAX_REPEATS = 1_000;
/** Groups within groups. */
const MAX_DEPTH = 50;

const COUNTS = /^\{(\d{1,6})(?:(,)(\d{0,6}))?\}/;
const NAMED_GROUP = /^\(\?P?<[A-Za-z_]\w*>/;
const NAMED_SET = /^\[:(\^?)([a-z]+):\]/;
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };
const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  b: "word-edge",
  B: "no-word-edge",
  A: "start",
  z: "end",
  Z: "end",
};

/**
 * What an expression will be compared with. `path`: visible ASCII, without regard to the case of letters; characters that are
 * not visible ASCII are read as the escapes of their bytes (`%C3%A9`). `value`: any ASCII, where case counts.
 */
export type ComparedText = "path" | "value";

/**
 * Reads a regular expression as PCRE does. Throws a PatternFault for what is not an expression, and for what cannot be decided in
 * linear time: looking ahead and behind, references to groups, atomic groups.
 */
export function parsePattern(text: string, compared: ComparedText = "path"): ParsedPattern {
  return new Parser(text, compared).run();
}

class Parser {
  readonly #text: string;
  readonly #isPath: boolean;
  #ignoresCase: boolean;
  #at = 0;
  #groups = 0;
  #depth = 0;

  constructor(text: string, compared: ComparedText) {
    this.#text = text;
    this.#isPath = compared === "path";
    this.#ignoresCase = this.#isPath;
  }

  run(): ParsedPattern {
    const node = this.#choice();
    if (this.#at < this.#text.length) throw new PatternFault("a parenthesis is closed that was not opened");
    return { node, groups: this.#groups };
  }

  #choice(): PatternNode {
    const branches = [this.#sequence()];
    while (this.#take("|")) branches.push(this.#sequence());
    return branches.length === 1 ? branches[0]! : { kind: "choice", branches };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.#text.length && !"|)".includes(this.#text[this.#at]!)) {
      const part = this.#repeated(this.#atom());
      parts.push(part);
    }
    return parts.length === 1 ? parts[0]! : parts.length === 0 ? { kind: "empty" } : { kind: "sequence", parts };
  }

  #repeated(atom: PatternNode): PatternNode {
    const counts = this.#counts();
    if (counts === undefined) return atom;
    if (atom.kind === "assert" || atom.kind === "empty")
      throw new PatternFault("a repetition follows what has no characters");
    const isGreedy = !this.#take("?");
    if (isGreedy && this.#take("+")) throw new PatternFault("possessive repetitions are not supported");
    if (this.#counts() !== undefined) throw new PatternFault("a repetition follows a repetition");
    return { kind: "repeat", body: atom, ...counts, isGreedy };
  }

  #counts(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take("*")) return { min: 0, max: Infinity };
    if (this.#take("+")) return { min: 1, max: Infinity };
    if (this.#take("?")) return { min: 0, max: 1 };
    const counts = COUNTS.exec(this.#text.slice(this.#at, this.#at + 16));
    // A brace that is not a repetition stands for itself.
    if (counts === null) return undefined;
    this.#at += counts[0].length;
    const min = Number(counts[1]);
    const max = counts[2] === undefined ? min : counts[3] === "" ? Infinity : Number(counts[3]);
    if (min > MAX_REPEATS || (max !== Infinity && max > MAX_REPEATS))
      throw new PatternFault(`a repetition names more than ${MAX_REPEATS} times`);
    if (max < min) throw new PatternFault("a repetition names a lower number after a higher one");
    return { min, max };
  }

  #atom(): PatternNode {
    const character = this.#next();
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return { kind: "set", set: this.#set() };
      case ".":
        return { kind: "set", set: ANY };
      case "^":
        return { kind: "assert", what: "start" };
      case "$":
        return { kind: "assert", what: "end" };
      case "*":
      case "+":
      case "?":
        throw new PatternFault(`nothing is before ${character}`);
      case "\\":
        return this.#escape();
      default:
        return this.#literal(character);
    }
  }

  #group(): PatternNode {
    if (++this.#depth > MAX_DEPTH) throw new PatternFault(`it has more than ${MAX_DEPTH} groups within each other`);
    const rest = this.#text.slice(this.#at - 1);
    const named = NAMED_GROUP.exec(rest);
    const isPlain = rest.startsWith("(?:") || rest.startsWith("(?i)") || rest.startsWith("(?i:");
    if (named !== null) this.#at += named[0].length - 1;
    else if (isPlain) this.#at += rest.startsWith("(?i:") ? 3 : 2;
    else if (rest.startsWith("(?") || rest.startsWith("(*")) throw new PatternFault(faultOfGroup(rest));
    if (rest.startsWith("(?i)")) {
      // To the end of the group that it is in.
      this.#ignoresCase = true;
      this.#at += 1;
      this.#depth -= 1;
      return { kind: "sequence", parts: [] };
    }
    const index = isPlain ? 0 : ++this.#groups;
    const ignoredCase = this.#ignoresCase;
    if (rest.startsWith("(?i:")) this.#ignoresCase = true;
    const body = this.#choice();
    this.#ignoresCase = ignoredCase;
    if (!this.#take(")")) throw new PatternFault("a parenthesis is not closed");
    this.#depth -= 1;
    return isPlain ? { kind: "sequence", parts: [body] } : { kind: "group", body, index };
  }

  #escape(): PatternNode {
    const letter = this.#escaped();
    const what = ASSERTIONS[letter];
    if (what !== undefined) return { kind: "assert", what };
    if (letter === "Q") return this.#quoted();
    return { kind: "set", set: this.#escapedSet(letter) };
  }

  #quoted(): PatternNode {
    const end = this.#text.indexOf("\\E", this.#at);
    const quoted = this.#text.slice(this.#at, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#text.length : end + 2;
    return { kind: "sequence", parts: Array.from(quoted, (character) => this.#literal(character)) };
  }

  #escaped(): string {
    if (this.#at === this.#text.length) throw new PatternFault("it ends with a backslash");
    return this.#next();
  }

  #escapedSet(letter: string): CharacterSet {
    const set = ESCAPED_SETS[letter];
    if (set !== undefined) return set;
    return singleSet(this.#escapedCode(letter), this.#ignoresCase);
  }

  #escapedCode(letter: string): number {
    const control = CONTROLS[letter];
    if (control !== undefined) return control;
    if (letter === "x") {
      const hex = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.#text.slice(this.#at, this.#at + 8));
      if (hex === null) throw new PatternFault("\\x has no two digits after it");
      this.#at += hex[0].length;
      return Number.parseInt(hex[1] ?? hex[2]!, 16);
    }
    if (/[1-9]/.test(letter)) throw new PatternFault(`\\${letter} refers to a group`);
    if (/[0A-Za-z]/.test(letter)) throw new PatternFault(`\\${letter} is not supported`);
    return letter.codePointAt(0)!;
  }

  /** What is in brackets, the first of which has been read. */
  #set(): CharacterSet {
    const isNegated = this.#take("^");
    const sets: CharacterSet[] = [];
    for (let isFirst = true; isFirst || !this.#take("]"); isFirst = false) {
      if (this.#at >= this.#text.length) throw new PatternFault("a bracket is not closed");
      sets.push(this.#setMember());
    }
    const union = unionOf(sets);
    const set = this.#ignoresCase ? withoutCase(union) : union;
    return isNegated ? complementOf(set) : set;
  }

  #setMember(): CharacterSet {
    const named = NAMED_SET.exec(this.#text.slice(this.#at, this.#at + 16));
    if (named !== null) {
      const set = NAMED_SETS[named[2]!];
      if (set === undefined) throw new PatternFault(`[:${named[2]}:] is not supported`);
      this.#at += named[0].length;
      return named[1] === "^" ? complementOf(set) : set;
    }
    const first = this.#setCharacter();
    if (typeof first !== "number") return first;
    const isRange = this.#text[this.#at] === "-" && !"]".includes(this.#text[this.#at + 1] ?? "]");
    if (!isRange) return singleSet(first, this.#ignoresCase);
    this.#at += 1;
    const last = this.#setCharacter();
    if (typeof last !== "number" || last < first) throw new PatternFault("a range in brackets ends before it begins");
    return rangeSet(first, last);
  }

  #setCharacter(): number | CharacterSet {
    const character = this.#next();
    const letter = character === "\\" ? this.#escaped() : character;
    if (character === "\\") {
      const set = ESCAPED_SETS[letter];
      if (set !== undefined) return set;
      return letter === "b" ? 8 : this.#escapedCode(letter);
    }
    const code = letter.codePointAt(0)!;
    if (code > 0x7e) throw new PatternFault("a character that is not ASCII is in brackets");
    return code;
  }

  /** A character that stands for itself; in a path one that is not visible ASCII stands for the escapes of its bytes. */
  #literal(character: string): PatternNode {
    const code = character.codePointAt(0)!;
    if (/^[\x21-\x7e]$/.test(character) || (!this.#isPath && code < 0x80))
      return { kind: "set", set: singleSet(code, this.#ignoresCase) };
    if (!this.#isPath) throw new PatternFault("it has a character that is not ASCII");
    const escapes = encodeURIComponent(character.toWellFormed());
    return { kind: "sequence", parts: Array.from(escapes, (one) => this.#literal(one)) };
  }

  #next(): string {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at)!);
    this.#at += character.length;
    return character;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }
}

function faultOfGroup(rest: string): string {
  if (/^\(\?<?[=!]/.test(rest)) return "looking ahead or behind is not supported";
  if (rest.startsWith("(?>")) return "atomic groups are not supported";
  return `${rest.slice(0, 4)} is not supported`;
}
