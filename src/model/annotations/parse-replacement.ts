/** The beginning of a text, or a whole text, and what is written in its place: visible ASCII and blanks. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/** Of each text: as much may be added to every cookie of an answer. */
const MAX_LENGTH = 256;
const WORD = /^(?:"(?<double>[^"\\]*)"|'(?<single>[^'\\]*)'|(?<plain>[^\s"';{}\\]+))(?:\s+|$)/;

/** Two words as nginx writes them, with a blank between them or in quotes; "off" for none; undefined where the text cannot be read. */
export function parseReplacement(text: string): Replacement | "off" | undefined {
  if (text === "off") return "off";
  const [from, rest = ""] = firstWord(text);
  const [to, end = ""] = firstWord(rest);
  if (from === undefined || to === undefined || end !== "") return undefined;
  return isReplaced(from) && isText(to) ? { from, to } : undefined;
}

/** Whether texts that begin with this one can be found: nginx would take one with ~ for a regular expression. */
export function isReplaced(from: string): boolean {
  return from !== "" && !from.startsWith("~") && isText(from);
}

/** Whether a text can be written into a header field as it is. A `$` would be a variable of nginx. */
export function isText(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[\x20-\x23\x25-\x7e]*$/.test(text);
}

function firstWord(text: string): readonly [word: string | undefined, rest?: string] {
  const match = WORD.exec(text);
  const { double, single, plain } = match?.groups ?? {};
  return match === null ? [undefined] : [double ?? single ?? plain, text.slice(match[0].length)];
}
