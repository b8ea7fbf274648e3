import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { buildOnce, builtFolder, moduleFiles, requiredVersion, whyNotBuilt } from "#lab/cluster/build-once.ts";
import type { Definition } from "#lab/cluster/definition.ts";
import { downloadSources } from "#lab/cluster/run-go.ts";

/** Where the module is that requires the operator, at a pinned version. */
const MODULE = fileURLToPath(new URL("./", import.meta.url));
const PACKAGE = "github.com/prometheus-operator/prometheus-operator";
const NAME = "prometheus-operator";
const FOLDER = "example/prometheus-operator-crd";
/** The kinds of our monitors. */
const FILES = ["podmonitors", "servicemonitors", "prometheusrules"].map((kind) => `monitoring.coreos.com_${kind}.yaml`);

/** The operator's own definitions of the kinds of our monitors, which must be built. */
export function monitorDefinitions(): readonly Definition[] {
  return FILES.map((file) => parse(readFileSync(join(folder(), file), "utf8")) as Definition);
}

function folder(): string {
  return builtFolder(`${NAME}-${requiredVersion(MODULE, PACKAGE)}`, [...moduleFiles(MODULE), FILES.join()]);
}

/** Why the definitions are not here, in words for a person; undefined if they are. */
export function whyNoPrometheusOperator(): string | undefined {
  return whyNotBuilt(NAME, folder());
}

/** Gets the definitions as `buildOnce` does. */
export async function buildPrometheusOperator(say: (line: string) => void): Promise<void> {
  const buildInto = async (part: string): Promise<void> => {
    const sources = await downloadSources(MODULE, PACKAGE);
    for (const file of FILES) copyFileSync(join(sources, FOLDER, file), join(part, file));
  };
  const name = `Prometheus operator ${requiredVersion(MODULE, PACKAGE)} (its definitions)`;
  await buildOnce({ name, folder: folder(), duration: "some seconds", buildInto }, say);
}
