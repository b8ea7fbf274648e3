/** Control and format characters, and the two that end a line besides. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text that may hold a user's text, as a terminal or a log of lines may have it: it stays in its line, and neither colours
 * nor hides anything.
 */
export function oneLine(text: string): string {
  return text.replaceAll(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A text of several lines of ours, each of which may hold a user's text: every line is as `oneLine` has it. */
export function eachLine(text: string): string {
  return text.split("\n").map(oneLine).join("\n");
}
