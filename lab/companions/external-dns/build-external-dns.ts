import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce, builtFolder, moduleFiles, requiredVersion, whyNotBuilt } from "#lab/cluster/build-once.ts";
import { buildGo } from "#lab/cluster/run-go.ts";

/** Where the module is that requires external-dns at a pinned version, with the main function that is ours. */
const MODULE = fileURLToPath(new URL("./", import.meta.url));
/** The Go that external-dns needs. */
const TOOLCHAIN = "go1.27.3";

/** The version of external-dns that is built: `v0.23.0`. */
function externalDnsVersion(): string {
  return requiredVersion(MODULE, "sigs.k8s.io/external-dns");
}

/** The program, once it is built. */
export function externalDnsProgram(): string {
  return join(folder(), "external-dns");
}

/** Why there is no external-dns here, in words for a person; undefined if it is built. */
export function whyNoExternalDns(): string | undefined {
  return whyNotBuilt("external-dns", folder());
}

/** Builds external-dns as `buildOnce` does. */
export async function buildExternalDns(say: (line: string) => void): Promise<void> {
  const name = `external-dns ${externalDnsVersion()}`;
  await buildOnce({ name, folder: folder(), duration: "about 3 minutes on two cores", buildInto }, say);
}

function folder(): string {
  return builtFolder(`external-dns-${externalDnsVersion()}`, [TOOLCHAIN, ...moduleFiles(MODULE)]);
}

async function buildInto(part: string): Promise<void> {
  await buildGo(MODULE, `${part}/external-dns`, ["."], TOOLCHAIN);
}
