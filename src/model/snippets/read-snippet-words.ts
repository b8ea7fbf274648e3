/** What nginx takes for white space between words: no other kind of blank. */
const BLANKS = " \t\r\n";
/** What ends a directive, where a word could begin. What closes a block was opened by a directive that has been seen. */
export const DIRECTIVE_BREAKS = ";{}";

/**
 * Reads words and what ends directives, without comments, as nginx does (ngx_conf_read_token): what differs from it would
 * hide a directive from us. An empty word stands for one that does not end as nginx has it. Linear.
 */
export function* readSnippetWords(snippet: string): Generator<{ readonly text: string; readonly line: number }> {
  let line = 1;
  for (let index = 0; index < snippet.length;) {
    const end = partEnd(snippet, index);
    const text = end === -1 ? "" : snippet.slice(index, end);
    if (text === "" || !/^[ \t\r\n#]/.test(text)) yield { text, line };
    if (end === -1) return;
    line += text.split("\n").length - 1;
    index = end;
  }
}

function partEnd(snippet: string, start: number): number {
  const character = snippet.charAt(start);
  if (DIRECTIVE_BREAKS.includes(character) || BLANKS.includes(character)) return start + 1;
  return character === "#" ? lineEnd(snippet, start) : wordEnd(snippet, start);
}

/**
 * Where a word ends; -1 for one in quotation marks that never ends, or has something after it. A mark inside a word is a
 * character like any other.
 */
function wordEnd(snippet: string, start: number): number {
  const mark = snippet.charAt(start);
  if (mark !== '"' && mark !== "'") return bareEnd(snippet, start);
  for (let index = start + 1; index < snippet.length; index++) {
    const character = snippet.charAt(index);
    if (character === "\\") index += 1;
    else if (character === mark) return isWordBoundary(snippet.charAt(index + 1)) ? index + 1 : -1;
  }
  return -1;
}

function isWordBoundary(next: string): boolean {
  return next === ";" || next === "{" || BLANKS.includes(next);
}

function bareEnd(snippet: string, start: number): number {
  /** `${` does not open a block. */
  let isVariable = false;
  for (let index = start; index < snippet.length; index++) {
    const character = snippet.charAt(index);
    if (isVariable && character === "{") continue;
    if (character === ";" || character === "{" || BLANKS.includes(character)) return index;
    isVariable = character === "$";
    // The next character is one like any other, even the end of a line.
    if (character === "\\") index += 1;
  }
  return snippet.length;
}

function lineEnd(snippet: string, from: number): number {
  const end = snippet.indexOf("\n", from);
  return end === -1 ? snippet.length : end;
}
