import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce, builtFolder, moduleFiles, whyNotBuilt } from "#lab/cluster/build-once.ts";
import { buildGo } from "#lab/cluster/run-go.ts";

/** Where the module is whose tool dependency is oauth2-proxy, at a pinned version. */
const MODULE = fileURLToPath(new URL("./", import.meta.url));
const PACKAGE = "github.com/oauth2-proxy/oauth2-proxy/v7";
const NAME = "oauth2-proxy";

/** The file of the program once it is built. */
export function oauth2ProxyFile(): string {
  return join(folder(), NAME);
}

function folder(): string {
  return builtFolder(NAME, moduleFiles(MODULE));
}

/** Why there is no oauth2-proxy here, in words for a person; undefined if it is built. */
export function whyNoOauth2Proxy(): string | undefined {
  return whyNotBuilt(NAME, folder());
}

/** Builds oauth2-proxy as `buildOnce` does. */
export async function buildOauth2Proxy(say: (line: string) => void): Promise<void> {
  const buildInto = async (part: string): Promise<void> => buildGo(MODULE, join(part, NAME), [PACKAGE]);
  await buildOnce({ name: NAME, folder: folder(), duration: "about 2 minutes on two cores", buildInto }, say);
}
