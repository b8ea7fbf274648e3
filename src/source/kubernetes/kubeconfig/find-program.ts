import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** Where a program is looked for. */
export interface ProgramPlaces {
  /** The folder of the kubeconfig: a path is relative to it. */
  readonly directory: string;
  /** PATH. */
  readonly path: string | undefined;
}

/**
 * The file of a program that a kubeconfig names, as client-go finds it. Of a name without slashes the first in PATH; throws where this is
 * one in the present folder, by an entry that is empty or not an absolute path: what another user put there would be run. A name that
 * is not found stays, so that the error of the start says what is missing.
 */
export function findProgram(name: string, { directory, path = "" }: ProgramPlaces): string {
  if (name.includes("/")) return isAbsolute(name) ? name : join(directory, name);
  for (const folder of path.split(delimiter)) {
    const file = join(folder === "" ? "." : folder, name);
    if (!isExecutable(file)) continue;
    if (isAbsolute(file)) return file;
    throw new Error(`${name} is in the present folder alone, by an entry of PATH; name it by its path`);
  }
  return name;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
