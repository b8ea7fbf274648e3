import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce, builtFolder, moduleFiles, whyNotBuilt } from "#lab/cluster/build-once.ts";
import { buildGo } from "#lab/cluster/run-go.ts";

/** Where the module is whose tool dependency is h2spec, at a pinned version. */
const MODULE = fileURLToPath(new URL("./", import.meta.url));
const PACKAGE = "github.com/summerwind/h2spec/cmd/h2spec";
const NAME = "h2spec";

/** The file of the program once it is built. */
export function h2specFile(): string {
  return join(folder(), NAME);
}

function folder(): string {
  return builtFolder(NAME, moduleFiles(MODULE));
}

/** Why there is no h2spec here, in words for a person; undefined if it is built. */
export function whyNoH2spec(): string | undefined {
  return whyNotBuilt(NAME, folder());
}

/** Builds h2spec as `buildOnce` does. */
export async function buildH2spec(say: (line: string) => void): Promise<void> {
  const buildInto = async (part: string): Promise<void> => buildGo(MODULE, join(part, NAME), [PACKAGE]);
  await buildOnce({ name: NAME, folder: folder(), duration: "under a minute on two cores", buildInto }, say);
}
