import { spawn, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";

/** The first Go that knows `tool` directives; an older one cannot even fetch the newer Go that the modules ask for. */
const OLDEST_GO = { major: 1, minor: 24 };
/** Lines of a failed run that are repeated in the message. */
const LAST_LINES = 15;

/** Why there is no Go here that can build the real thing; `builds` says what that is. Undefined if there is one. */
export function whyNoGo(builds: string): string | undefined {
  const wanted = `Go ${OLDEST_GO.major}.${OLDEST_GO.minor} or newer, which builds the real ${builds}`;
  // Asked outside the module and for the local Go: inside, an older one would go and fetch a newer one.
  const options = { cwd: tmpdir(), env: { ...process.env, GOTOOLCHAIN: "local" }, encoding: "utf8" } as const;
  const asked = spawnSync("go", ["env", "GOVERSION"], options);
  if (asked.error !== undefined || asked.status !== 0) return `there is no ${wanted} (https://go.dev/dl)`;
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(asked.stdout.trim()) ?? [];
  const isNewEnough =
    Number(major) > OLDEST_GO.major || (Number(major) === OLDEST_GO.major && Number(minor) >= OLDEST_GO.minor);
  return isNewEnough ? undefined : `${asked.stdout.trim()} is too old: it needs ${wanted} (https://go.dev/dl)`;
}

/**
 * Runs `go` in the folder of a module, at low priority: a build of minutes must not slow down what a person does meanwhile.
 * Resolves with its standard output; rejects with what it said. `toolchain` is the version of Go that the module needs
 * (`go1.27.3`), where that is newer than Go here: `go` takes it from the module proxy.
 */
export async function runGo(module: string, args: readonly string[], toolchain?: string): Promise<string> {
  const child = spawn("nice", ["-n", "10", "go", ...args], {
    cwd: module,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", ...(toolchain && { GOTOOLCHAIN: toolchain }) },
  });
  let printed = "";
  let said: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = [...said, ...text.split("\n")].filter((line) => line !== "" && !isDownload(line)).slice(-LAST_LINES);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`go ${args[0]} ${args.at(-1)} failed (exit code ${code}):\n${said.join("\n")}`);
  return printed;
}

/** Gets the sources of a package that a module requires, of that version; resolves with their folder. Rejects as `runGo` does. */
export async function downloadSources(module: string, path: string): Promise<string> {
  const printed = await runGo(module, ["mod", "download", "-json", path]);
  return (JSON.parse(printed) as { readonly Dir: string }).Dir;
}

/**
 * Builds packages of a module, of the versions that its files name and no others, into a file, or into a folder where `into`
 * ends with /. Rejects as `runGo` does.
 */
export async function buildGo(
  module: string,
  into: string,
  packages: readonly string[],
  toolchain?: string,
): Promise<void> {
  const flags = ["-mod=readonly", "-trimpath", "-ldflags", "-s -w"];
  await runGo(module, ["build", ...flags, "-o", into, ...packages], toolchain);
}

function isDownload(line: string): boolean {
  return line.startsWith("go: downloading");
}
