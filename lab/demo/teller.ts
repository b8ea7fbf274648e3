/** What the demo found, as data: one line of JSON for each, with `--json`. */
type DemoEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

/** Tells the story: to a person as text, to a program as one JSON event a line. */
export interface Teller {
  /** Starts a chapter: what will be shown and why. Text only. */
  chapter(title: string): void;
  /** A finding, in words and as data. */
  found(words: string, event: DemoEvent): void;
  /** Lines of evidence: a table, a log, a file. Text only. */
  show(text: string): void;
}

const bold = (text: string): string => (process.stdout.isTTY ? `\u001B[1m${text}\u001B[0m` : text);
const faint = (text: string): string => (process.stdout.isTTY ? `\u001B[2m${text}\u001B[0m` : text);

/** For a terminal. */
export function textTeller(): Teller {
  let chapters = 0;
  return {
    chapter: (title) => console.log(`\n${bold(`${++chapters}. ${title}`)}`),
    found: (words) => console.log(`   ${words}`),
    show: (text) => console.log(faint(text.trimEnd().replace(/^/gm, "     "))),
  };
}

/** For a program. */
export function jsonTeller(): Teller {
  return {
    chapter: () => undefined,
    found: (_words, event) => console.log(JSON.stringify(event)),
    show: () => undefined,
  };
}
