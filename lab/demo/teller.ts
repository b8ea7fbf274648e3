/** What the demo found, as data: one line of JSON for each, with `--json`. */
type DemoEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

/** Tells the story: to a person as text, to a program as one JSON event a line. */
export interface Teller {
  /** Starts a chapter: what will be shown. Text only. */
  chapter(title: string): void;
  /** Says why something is done, or how to read what follows. Text only. */
  explain(words: string): void;
  /** A finding, in words and as data. */
  found(words: string, event: DemoEvent): void;
  /** Lines of evidence: a table, a log, a file. Text only. */
  show(text: string): void;
}

/** Columns of a terminal that does not say how wide it is. */
const DEFAULT_COLUMNS = 100;
/** Longer lines than this are hard to read. */
const MAX_COLUMNS = 110;

/** What a teller needs to know of the place where its text goes. */
export interface Terminal {
  readonly isTTY?: boolean;
  /** 0 or undefined where the terminal does not know. */
  readonly columns?: number;
}

/** For a terminal, in bold and faint unless `NO_COLOR` has a value (no-color.org). */
export function textTeller(
  print: (text: string) => void = console.log,
  { isTTY = false, columns }: Terminal = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Teller {
  const isStyled = isTTY && (env["NO_COLOR"] ?? "") === "";
  const styled = (code: number, text: string): string => (isStyled ? `\u001B[${code}m${text}\u001B[0m` : text);
  const bold = (text: string): string => styled(1, text);
  const faint = (text: string): string => styled(2, text);
  const width = Math.min(columns || DEFAULT_COLUMNS, MAX_COLUMNS);
  let chapters = 0;
  return {
    chapter: (title) => print(`\n${bold(`${++chapters}. ${title}`)}`),
    explain: (words) => print(faint(folded(words, "   ", width))),
    found: (words) => print(folded(words, "   - ", width)),
    show: (text) => print(faint(text.trimEnd().replace(/^/gm, "     "))),
  };
}

/** Breaks text between words so that it fits the terminal; what follows the first line is indented below its text. */
function folded(words: string, indent: string, columns: number): string {
  const width = columns - indent.length;
  const lines: string[] = [];
  for (const word of words.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, at) => (at === 0 ? indent : " ".repeat(indent.length)) + line).join("\n");
}

/** For a program. */
export function jsonTeller(): Teller {
  return {
    chapter: () => undefined,
    explain: () => undefined,
    found: (_words, event) => console.log(JSON.stringify(event)),
    show: () => undefined,
  };
}
