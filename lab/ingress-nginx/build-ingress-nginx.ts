import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce, builtFolder, moduleFiles, whyNotBuilt } from "#lab/cluster/build-once.ts";
import { buildGo } from "#lab/cluster/run-go.ts";

/** Where the module is that is a program of parts of ingress-nginx, at a pinned version. */
const MODULE = fileURLToPath(new URL("./", import.meta.url));
const NAME = "ingress-nginx";

/** The file of the program once it is built. */
export function ingressNginxFile(): string {
  return join(folder(), NAME);
}

function folder(): string {
  return builtFolder(NAME, moduleFiles(MODULE));
}

/** Why there is nothing of ingress-nginx here, in words for a person; undefined if it is built. */
export function whyNoIngressNginx(): string | undefined {
  return whyNotBuilt(NAME, folder());
}

/** Builds it as `buildOnce` does. */
export async function buildIngressNginx(say: (line: string) => void): Promise<void> {
  const buildInto = async (part: string): Promise<void> => buildGo(MODULE, join(part, NAME), ["."]);
  await buildOnce({ name: NAME, folder: folder(), duration: "about 2 minutes on two cores", buildInto }, say);
}
