import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { arch, homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runGo, whyNoGo } from "#lab/cluster/run-go.ts";
import { withLock } from "#lab/cluster/with-lock.ts";

/** Where the module is whose tool dependencies are MetalLB's programs, at a pinned version. */
const MODULE = fileURLToPath(new URL("./", import.meta.url));
const PACKAGE = "go.universe.tf/metallb";
const PROGRAMS = ["controller", "speaker"] as const;
/** What is copied of a module: its definitions (CustomResourceDefinitions), and the manifest that a person applies. */
const DEFINITIONS = "config/crd/bases";
const MANIFEST = "config/manifests/metallb-native.yaml";
/** From which folder of modules the definitions in a folder are: of the programs that are built, the newest, and the last with AddressPool. */
const CRDS = { crd: "", "crd-newest": "newest/", "crd-address-pool": "address-pool/" } as const;
const PROGRESS_EVERY_MS = 30_000;

/** The version of MetalLB that is built: `v0.15.2`. */
export function metallbVersion(): string {
  return new RegExp(`${PACKAGE} (v[\\d.]+)`).exec(readFileSync(`${MODULE}go.mod`, "utf8"))?.[1] ?? "";
}

/**
 * Where MetalLB is once it is built: its programs `controller` and `speaker`, its definitions in `crd`, those of the newest
 * MetalLB in `crd-newest`, those of the last that had AddressPool in `crd-address-pool`, and `metallb-native.yaml`.
 */
export function metallbFolder(): string {
  const hash = createHash("sha256").update([...PROGRAMS, ...Object.keys(CRDS), DEFINITIONS, MANIFEST].join());
  for (const file of ["go.mod", ...Object.values(CRDS).map((folder) => `${folder}go.sum`)])
    hash.update(readFileSync(MODULE + file));
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "hawser");
  return join(cache, `metallb-${metallbVersion()}-${arch()}-${hash.digest("hex").slice(0, 12)}`);
}

/** Why there is no MetalLB here, in words for a person; undefined if it is built. */
export function whyNoMetallb(): string | undefined {
  if (existsSync(metallbFolder())) return undefined;
  return process.env["HAWSER_NO_METALLB"] || "MetalLB is not built: run npm run cluster -- --build --metallb";
}

/**
 * Builds MetalLB unless it is there, once for all trees; another process that needs it waits. `say` gets progress, a line at a
 * time. Rejects with what `go` said. Needs Go, and the module proxy the first time.
 */
export async function buildMetallb(say: (line: string) => void): Promise<void> {
  const built = metallbFolder();
  if (existsSync(built)) return;
  const reason = whyNoGo("MetalLB");
  if (reason !== undefined) throw new Error(`cannot build MetalLB: ${reason}`);
  mkdirSync(dirname(built), { recursive: true });
  await withLock(`${built}.lock`, say, async () => {
    if (!existsSync(built)) await buildInto(built, say);
  });
}

/** All of it, or nothing that looks built. */
async function buildInto(built: string, say: (line: string) => void): Promise<void> {
  const startMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startMs) / 1_000);
  say(`MetalLB ${metallbVersion()} is being built once, about 3 minutes on two cores, into ${built}`);
  const timer = setInterval(() => say(`MetalLB is being built, for ${seconds()} s now ...`), PROGRESS_EVERY_MS);
  const part = mkdtempSync(`${built}.part-`);
  try {
    await copyManifests(part);
    const programs = PROGRAMS.map((name) => `${PACKAGE}/${name}`);
    await runGo(MODULE, ["build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", `${part}/`, ...programs]);
    renameSync(part, built);
  } finally {
    clearInterval(timer);
    rmSync(part, { recursive: true, force: true });
  }
  say(`MetalLB is built, in ${seconds()} s`);
}

async function copyManifests(into: string): Promise<void> {
  copyFileSync(join(await download(MODULE), MANIFEST), join(into, "metallb-native.yaml"));
  for (const [folder, module] of Object.entries(CRDS)) {
    const definitions = join(await download(MODULE + module), DEFINITIONS);
    mkdirSync(join(into, folder));
    for (const name of readdirSync(definitions)) copyFileSync(join(definitions, name), join(into, folder, name));
  }
}

/** The folder with the sources of the MetalLB that a module requires. */
async function download(module: string): Promise<string> {
  const printed = await runGo(module, ["mod", "download", "-json", PACKAGE]);
  return (JSON.parse(printed) as { readonly Dir: string }).Dir;
}
