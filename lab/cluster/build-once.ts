import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { arch, homedir } from "node:os";
import { dirname, join } from "node:path";
import { whyNoGo } from "./run-go.ts";
import { withLock } from "./with-lock.ts";

const PROGRESS_EVERY_MS = 30_000;

/** Something that Go builds for tests, once for all trees. */
export interface GoBuild {
  /** For a person: `MetalLB v0.15.2`. */
  readonly name: string;
  /** Where all of it is once it is built (`builtFolder`). */
  readonly folder: string;
  /** How long it takes where nothing is cached: `about 3 minutes on two cores`. */
  readonly duration: string;
  /** Makes all of it in an empty folder. */
  readonly buildInto: (part: string) => Promise<void>;
}

/** The folder of what is built: of its name and version, the machine's architecture, and all that it is made from. */
export function builtFolder(name: string, madeFrom: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const one of madeFrom) hash.update(one);
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "hawser");
  return join(cache, `${name}-${arch()}-${hash.digest("hex").slice(0, 12)}`);
}

/**
 * Why something is not built, in words for a person; undefined if it is. `option` of `npm run cluster -- --build` builds it, and
 * names the variable that says why the build before the tests failed: `HAWSER_NO_CERT_MANAGER` of `cert-manager`.
 */
export function whyNotBuilt(option: string, folder: string, name = option): string | undefined {
  if (existsSync(folder)) return undefined;
  const variable = `HAWSER_NO_${option.replaceAll("-", "_").toUpperCase()}`;
  return process.env[variable] || `${name} is not built: run npm run cluster -- --build --${option}`;
}

/** The version of a package that a Go module requires: `v0.15.2`. */
export function requiredVersion(module: string, path: string): string {
  const required = new RegExp(String.raw`${path} (v[\d.]+)`);
  return required.exec(readFileSync(join(module, "go.mod"), "utf8"))?.[1] ?? "";
}

/** The contents of the files that a Go module is built from, in a fixed order. */
export function moduleFiles(module: string): readonly Buffer[] {
  const names = readdirSync(module, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => /\.(go|mod|sum)$/.test(name))
    .toSorted()
    .map((name) => readFileSync(join(module, name)));
}

/**
 * Builds it unless it is there; another process that needs it waits. `say` gets progress, a line at a time. Rejects with
 * what `go` said. Needs Go, and the module proxy the first time.
 */
export async function buildOnce(build: GoBuild, say: (line: string) => void): Promise<void> {
  const { name, folder } = build;
  if (existsSync(folder)) return;
  const reason = whyNoGo(name);
  if (reason !== undefined) throw new Error(`cannot build ${name}: ${reason}`);
  mkdirSync(dirname(folder), { recursive: true });
  await withLock(`${folder}.lock`, say, async () => {
    if (!existsSync(folder)) await buildWhole(build, say);
  });
}

/** All of it, or nothing that looks built. */
async function buildWhole({ name, folder, duration, buildInto }: GoBuild, say: (line: string) => void): Promise<void> {
  const startMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startMs) / 1_000);
  say(`${name} is being built once, ${duration}, into ${folder}`);
  const timer = setInterval(() => say(`${name} is being built, for ${seconds()} s now ...`), PROGRESS_EVERY_MS);
  const part = mkdtempSync(`${folder}.part-`);
  try {
    await buildInto(part);
    renameSync(part, folder);
  } finally {
    clearInterval(timer);
    rmSync(part, { recursive: true, force: true });
  }
  say(`${name} is built, in ${seconds()} s`);
}
