import { spawn, spawnSync } from "node:child_process";
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
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the module is whose tool dependencies are MetalLB's programs, at a pinned version. */
const MODULE = fileURLToPath(new URL("metallb/", import.meta.url));
const PACKAGE = "go.universe.tf/metallb";

/** The version of MetalLB that is measured: `v0.15.2`. */
export function metallbVersion(): string {
  return new RegExp(`${PACKAGE} (v[\\d.]+)`).exec(readFileSync(`${MODULE}go.mod`, "utf8"))?.[1] ?? "";
}

/** Where its programs `controller` and `speaker` are, and its custom resource definitions in `crd`, once built. */
export function metallbFolder(): string {
  const hash = createHash("sha256")
    .update(readFileSync(`${MODULE}go.sum`))
    .digest("hex")
    .slice(0, 12);
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "hawser");
  return join(cache, `metallb-${metallbVersion()}-${hash}`);
}

/** Builds MetalLB unless it is there; rejects with what `go` said. Needs Go, and the module proxy the first time. */
export async function buildMetallb(say: (line: string) => void): Promise<void> {
  const built = metallbFolder();
  if (existsSync(built)) return;
  say(`MetalLB ${metallbVersion()} is built once, some 3 minutes on two cores`);
  mkdirSync(dirname(built), { recursive: true });
  const part = mkdtempSync(`${built}.part-`);
  try {
    await go(["build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", `${part}/`, ...programs()]);
    const { stdout } = spawnSync("go", ["list", "-m", "-f", "{{.Dir}}", PACKAGE], { cwd: MODULE, encoding: "utf8" });
    const definitions = join(stdout.trim(), "config/crd/bases");
    mkdirSync(join(part, "crd"));
    for (const name of readdirSync(definitions)) copyFileSync(join(definitions, name), join(part, "crd", name));
    renameSync(part, built);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function programs(): readonly string[] {
  return ["controller", "speaker"].map((name) => `${PACKAGE}/${name}`);
}

async function go(args: readonly string[]): Promise<void> {
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
  const child = spawn("nice", ["-n", "10", "go", ...args], { cwd: MODULE, stdio: ["ignore", "ignore", "pipe"], env });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2_000)));
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`go ${args[0]} ended with ${code}: ${said.trim()}`);
}
