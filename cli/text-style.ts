import { styleText } from "node:util";
import type { ProgramIo } from "#src/process/program-io.ts";

/** What a text is meant as; how it looks is for the terminal. */
export type Tone = "plain" | "ok" | "warn" | "bad" | "unknown" | "faint" | "title" | "chosen";

/** Gives a text the look of its tone. */
export type TextStyle = (tone: Tone, text: string) => string;

const FORMATS = {
  ok: "green",
  warn: "yellow",
  bad: "red",
  unknown: "magenta",
  faint: "dim",
  title: "bold",
  chosen: "inverse",
} as const;

/** Colours where they belong: on a terminal, unless NO_COLOR (no-color.org) or FORCE_COLOR says otherwise. */
export function textStyle({ env, stdout }: Pick<ProgramIo, "env" | "stdout">): TextStyle {
  if (!hasColours(env, "isTTY" in stdout && stdout.isTTY === true)) return (_, text) => text;
  return (tone, text) => (tone === "plain" ? text : styleText(FORMATS[tone], text, { validateStream: false }));
}

function hasColours(env: ProgramIo["env"], isTerminal: boolean): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: none = "", TERM: terminal } = env;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return none === "" && isTerminal && terminal !== "dumb";
}
