import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce, builtFolder, requiredVersion, whyNotBuilt } from "#lab/cluster/build-once.ts";
import { buildGo, downloadSources } from "#lab/cluster/run-go.ts";

/** Where the module is whose tool dependencies are MetalLB's programs, at a pinned version. */
const MODULE = fileURLToPath(new URL("./", import.meta.url));
const PACKAGE = "go.universe.tf/metallb";
const PROGRAMS = ["controller", "speaker"] as const;
/** What is copied of a module: its definitions (CustomResourceDefinitions), and the manifest that a person applies. */
const DEFINITIONS = "config/crd/bases";
const MANIFEST = "config/manifests/metallb-native.yaml";
/** From which folder of modules the definitions in a folder are: of the programs that are built, the newest, and the last with AddressPool. */
const CRDS = { crd: "", "crd-newest": "newest/", "crd-address-pool": "address-pool/" } as const;

/** The version of MetalLB that is built: `v0.15.2`. */
export function metallbVersion(): string {
  return requiredVersion(MODULE, PACKAGE);
}

/**
 * Where MetalLB is once it is built: its programs `controller` and `speaker`, its definitions in `crd`, those of the newest
 * MetalLB in `crd-newest`, those of the last that had AddressPool in `crd-address-pool`, and `metallb-native.yaml`.
 */
export function metallbFolder(): string {
  const files = ["go.mod", ...Object.values(CRDS).map((folder) => `${folder}go.sum`)];
  return builtFolder(`metallb-${metallbVersion()}`, [
    [...PROGRAMS, ...Object.keys(CRDS), DEFINITIONS, MANIFEST].join(),
    ...files.map((file) => readFileSync(MODULE + file)),
  ]);
}

/** Why there is no MetalLB here, in words for a person; undefined if it is built. */
export function whyNoMetallb(): string | undefined {
  return whyNotBuilt("metallb", metallbFolder(), "MetalLB");
}

/** Builds MetalLB as `buildOnce` does. */
export async function buildMetallb(say: (line: string) => void): Promise<void> {
  const name = `MetalLB ${metallbVersion()}`;
  await buildOnce({ name, folder: metallbFolder(), duration: "about 3 minutes on two cores", buildInto }, say);
}

async function buildInto(part: string): Promise<void> {
  await copyManifests(part);
  const programs = PROGRAMS.map((name) => `${PACKAGE}/${name}`);
  await buildGo(MODULE, `${part}/`, programs);
}

async function copyManifests(into: string): Promise<void> {
  copyFileSync(join(await downloadSources(MODULE, PACKAGE), MANIFEST), join(into, "metallb-native.yaml"));
  for (const [folder, module] of Object.entries(CRDS)) {
    const definitions = join(await downloadSources(MODULE + module, PACKAGE), DEFINITIONS);
    mkdirSync(join(into, folder));
    for (const name of readdirSync(definitions)) copyFileSync(join(definitions, name), join(into, folder, name));
  }
}
