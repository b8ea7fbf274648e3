import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce, builtFolder, moduleFiles, requiredVersion, whyNotBuilt } from "#lab/cluster/build-once.ts";
import { buildGo } from "#lab/cluster/run-go.ts";

/**
 * Where the module is whose tool dependency is Helm, at a pinned version. Its libraries of Kubernetes are those that the cluster's
 * programs are built with, so that Go compiles them once.
 */
const MODULE = fileURLToPath(new URL("./", import.meta.url));
const PACKAGE = "helm.sh/helm/v4/cmd/helm";
const NAME = "helm";

/** The file of the program, once it is built. */
export function helmProgram(): string {
  return join(folder(), NAME);
}

function folder(): string {
  return builtFolder(`helm-${helmVersion()}`, moduleFiles(MODULE));
}

/** The version that is built: `v4.2.4`. */
function helmVersion(): string {
  return requiredVersion(MODULE, "helm.sh/helm/v4");
}

/** Why there is no Helm here, in words for a person; undefined if it is built. */
export function whyNoHelm(): string | undefined {
  return whyNotBuilt(NAME, folder());
}

/** Builds Helm as `buildOnce` does. */
export async function buildHelm(say: (line: string) => void): Promise<void> {
  const buildInto = async (part: string): Promise<void> => buildGo(MODULE, join(part, NAME), [PACKAGE]);
  await buildOnce(
    { name: `Helm ${helmVersion()}`, folder: folder(), duration: "about 2 minutes on two cores", buildInto },
    say,
  );
}
