import { readdir } from "node:fs/promises";
import type { Kind } from "#src/model/kind.ts";
import type { Problem } from "#src/model/problem.ts";
import { createLogger } from "#src/process/log.ts";
import { openFolderSource, type PlacedSource } from "#src/source/folder/folder.ts";

/** The objects of a folder of manifests, which follow its files until the source is closed. */
interface OpenManifests {
  readonly source: PlacedSource;
  /** What is wrong with the files now. */
  problems(): readonly Problem[];
}

/** Opens a folder for objects of these kinds, with the lines that they begin at; a text says why it cannot be read. */
export async function openManifests(directory: string, kinds: readonly Kind[]): Promise<OpenManifests | string> {
  const fault = await faultOf(directory);
  if (fault !== undefined) return fault;
  const log = createLogger({ component: "cli", level: "warn", to: "stderr" });
  const source = openFolderSource({ directory, log, keepsLines: true });
  const problems = new Map<string, readonly Problem[]>();
  await source.open(kinds, {
    onChange: () => undefined,
    onProblems: (where, found) => problems.set(where, found),
  });
  return { source, problems: () => [...problems.values()].flat() };
}

/** Why a folder cannot be read; undefined if it can. */
async function faultOf(directory: string): Promise<string | undefined> {
  const error = await readdir(directory).then(
    () => undefined,
    ({ code, message }: NodeJS.ErrnoException) => code ?? message,
  );
  return (
    { ENOENT: "it does not exist", ENOTDIR: "it is not a folder", EACCES: "you may not read it" }[error ?? ""] ?? error
  );
}
