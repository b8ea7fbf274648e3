import { isValuePattern, readValuePattern, type ValuePattern } from "#src/pattern/value-pattern.ts";
import { type RewriteText, readRewriteText } from "./rewrite-text.ts";

/** What is replaced: a text, or what an expression matches. */
export interface RewriteSource {
  /** As its author wrote it. */
  readonly written: string;
  readonly from: RewriteText | ValuePattern;
}

/** What is written in its place. */
export interface RewriteTarget {
  readonly written: string;
  readonly to: RewriteText;
}

/** The beginning of a text, a whole text, or what an expression matches; and what is written in its place. */
export interface Replacement {
  readonly source: RewriteSource;
  readonly target: RewriteTarget;
}

type Unreadable = { readonly why: string };

/** A word as nginx has it: in quotes, or without blanks. A backslash takes what follows it out. */
const WORD =
  /^(?:"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'|(?<plain>(?:[^\s"';{}\\]|\\.)(?:[^\s;{}\\]|\\.|\$\{\w*\})*))(?:\s+|$)/;

/** Two words as nginx writes them; "off" for none; or why they cannot be used. `ignoresCase`: expressions do, whatever they begin with. */
export function parseReplacement(
  text: string,
  { ignoresCase }: { readonly ignoresCase: boolean },
): Replacement | "off" | Unreadable {
  if (text === "off") return "off";
  const words = wordsOf(text);
  if (words?.length !== 2)
    return { why: "it is not two words with a blank between them, in quotes where one has blanks" };
  const [from = "", to = ""] = words;
  const source = readSource(from, { ignoresCase });
  if ("why" in source) return source;
  const target = readTarget(to, { groups: isValuePattern(source.from) });
  return "why" in target ? target : { source, target };
}

/** Reads what is replaced: with `~` or `~*` before it an expression, as in nginx. */
export function readSource(
  word: string,
  { ignoresCase }: { readonly ignoresCase: boolean },
): RewriteSource | Unreadable {
  if (word === "") return { why: "it is empty" };
  if (!word.startsWith("~")) {
    const from = readRewriteText(word, { groups: false });
    return typeof from === "string" ? { why: from } : { written: word, from };
  }
  const hasStar = !ignoresCase && word.startsWith("~*");
  const expression = word.slice(hasStar ? 2 : 1);
  if (expression === "") return { why: "its regular expression is empty" };
  const from = readValuePattern(ignoresCase || hasStar ? `(?i)${expression}` : expression);
  return "why" in from ? { why: `its regular expression cannot be used: ${from.why}` } : { written: word, from };
}

/** Reads what is written in its place. */
export function readTarget(word: string, has: { readonly groups: boolean }): RewriteTarget | Unreadable {
  const to = readRewriteText(word, has);
  return typeof to === "string" ? { why: to } : { written: word, to };
}

/** The words of a text; undefined where it cannot be read. */
export function wordsOf(text: string): readonly string[] | undefined {
  const words: string[] = [];
  for (let rest = text; rest !== "";) {
    const match = WORD.exec(rest);
    if (match === null) return undefined;
    const { double, single, plain = "" } = match.groups ?? {};
    words.push((double ?? single ?? plain).replaceAll(/\\(["'\\])/g, "$1"));
    rest = rest.slice(match[0].length);
  }
  return words;
}
