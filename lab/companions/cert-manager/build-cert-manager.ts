import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce, builtFolder, moduleFiles, requiredVersion, whyNotBuilt } from "#lab/cluster/build-once.ts";
import { buildGo, downloadSources } from "#lab/cluster/run-go.ts";

/** Where the module is that requires cert-manager and pebble at pinned versions, with the main functions that are ours. */
const MODULE = fileURLToPath(new URL("./", import.meta.url));
const PACKAGE = "github.com/cert-manager/cert-manager";
const PEBBLE = "github.com/letsencrypt/pebble/v2";
const PROGRAMS = ["./controller", "./acmesolver", `${PEBBLE}/cmd/pebble`, `${PEBBLE}/cmd/pebble-challtestsrv`];
/** What is copied of cert-manager: its definitions (CustomResourceDefinitions). */
const DEFINITIONS = "deploy/crds";

/** The version of cert-manager that is built: `v1.21.2`. */
function certManagerVersion(): string {
  return requiredVersion(MODULE, PACKAGE);
}

/**
 * Where cert-manager is once it is built: its programs `controller` and `acmesolver`, an ACME server `pebble`, a DNS server
 * `pebble-challtestsrv`, and its definitions in `crds`.
 */
export function certManagerFolder(): string {
  const madeFrom = [PROGRAMS.join(), DEFINITIONS, ...moduleFiles(MODULE)];
  return builtFolder(`cert-manager-${certManagerVersion()}`, madeFrom);
}

/** Why there is no cert-manager here, in words for a person; undefined if it is built. */
export function whyNoCertManager(): string | undefined {
  return whyNotBuilt("cert-manager", certManagerFolder());
}

/** Builds cert-manager and pebble as `buildOnce` does. */
export async function buildCertManager(say: (line: string) => void): Promise<void> {
  const name = `cert-manager ${certManagerVersion()} with pebble`;
  await buildOnce({ name, folder: certManagerFolder(), duration: "about 5 minutes on two cores", buildInto }, say);
}

async function buildInto(part: string): Promise<void> {
  await buildGo(MODULE, `${part}/`, PROGRAMS);
  const sources = await downloadSources(MODULE, PACKAGE);
  cpSync(join(sources, DEFINITIONS), join(part, "crds"), { recursive: true });
}
