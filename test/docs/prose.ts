/** A piece of text that people read, and the line where it begins. */
export interface Prose {
  readonly line: number;
  readonly text: string;
}

/** In one pass: comments, strings and templates of TypeScript, JavaScript and C; regular expressions are left out. */
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|(?<=[(,=:[!&|?{};\n]\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g;

function at(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** A comment or string without its marks, on one line. */
function plain(token: string): string {
  return token
    .replace(/^\/\/ ?|^\/\*|\*\/$/g, "")
    .replaceAll(/\n\s*(?:\*|\/\/) ?/g, " ")
    .replaceAll(/\s+/g, " ");
}

/** Neighbouring `//` lines are one text: a sentence may go over several. */
function joined(code: string): string {
  return code.replaceAll(/(?<=^[ \t]*\/\/[^\n]*)\n[ \t]*\/\/ ?/gm, (mark) => mark.replace(/\n[ \t]*\/\/ ?/, "\u0000"));
}

function ofCode(code: string): readonly Prose[] {
  return [...joined(code).matchAll(TOKEN)]
    .filter(([token]) => !/^\/[^/*]/.test(token))
    .map(({ 0: token, index }) => ({
      line: at(joined(code).replaceAll("\u0000", "\n"), index),
      text: plain(token.replaceAll("\u0000", " ")),
    }));
}

function ofMarkdown(text: string): readonly Prose[] {
  const withoutCode = text.replaceAll(/^```[\s\S]*?^```$/gm, (block) => block.replaceAll(/[^\n]/g, ""));
  // An item of a list or a row of a table is a text of its own.
  const paragraphs = [...withoutCode.matchAll(/^[^\n]*\S[^\n]*\n?(?:(?!\s*(?:[-*|]|\d+\.)\s)[^\n]*\S[^\n]*\n?)*/gm)];
  return paragraphs.map(({ 0: paragraph, index }) => ({
    line: at(text, index),
    text: paragraph.replaceAll(/\s+/g, " "),
  }));
}

function ofYaml(text: string): readonly Prose[] {
  return text.split("\n").flatMap((line, index) => {
    const [, comment] = /(?:^|\s)#\s?(.*)$/.exec(line) ?? [];
    return comment === undefined ? [] : [{ line: index + 1, text: comment }];
  });
}

/** What people read in a file, by the kind of file that its name says. */
export function proseOf(path: string, text: string): readonly Prose[] {
  if (path.endsWith(".md")) return ofMarkdown(text);
  if (/\.ya?ml$|\.sh$/.test(path)) return ofYaml(text);
  return ofCode(text);
}
