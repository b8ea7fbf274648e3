import { oneLine } from "#src/model/one-line.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { type WordOffer, type CommandWords, type Completion, completeWords, starting } from "./complete-words.ts";

/** The commands that may be completed, by name. */
export type CompletedCommands = ReadonlyMap<
  string,
  { readonly about: string; words(args: readonly string[]): Promise<CommandWords> }
>;

/** What kubectl and the scripts of `hawser completion` read in the last line: names of files may follow, or may not. */
const FILES = ":0";
const NO_FILES = ":4";

/**
 * Runs `hawser __complete WORD...`, which shells call: prints a line for each word that may be in place of the last one, with what it is
 * for after a tab, and a last line as cobra's, which kubectl reads. Asks no cluster.
 */
export async function runComplete(
  words: readonly string[],
  io: ProgramIo,
  commands: CompletedCommands,
): Promise<number> {
  const { offers, files } = await complete(words, commands);
  const lines = offers.map(({ text, about }) => (about === "" ? text : `${text}\t${oneLine(about)}`));
  io.stdout.write([...lines, files ? FILES : NO_FILES, ""].join("\n"));
  return 0;
}

async function complete(words: readonly string[], commands: CompletedCommands): Promise<Completion> {
  const names: readonly WordOffer[] = [...commands].map(([text, { about }]) => ({ text, about }));
  const [name = "", ...rest] = words;
  if (words.length <= 1) return { offers: starting(name, names), files: false };
  if (name === "help") return { offers: rest.length === 1 ? starting(rest[0] ?? "", names) : [], files: false };
  const command = commands.get(name);
  return command === undefined ? { offers: [], files: false } : completeWords(rest, await command.words(rest));
}
