import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** Where `.ci/run` unpacks it: it is of Debian's package prometheus. */
const UNPACKED = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "hawser/promtool/usr/bin/promtool");

/** promtool of PATH, or the one that .ci/run fetched; undefined where there is none. */
export const promtool =
  spawnSync("promtool", ["--version"]).status === 0 ? "promtool" : existsSync(UNPACKED) ? UNPACKED : undefined;

/** Runs `promtool ...` with a file of this text as its last argument. Returns the exit code and all that it prints. */
export function runPromtool(
  args: readonly string[],
  text: string,
): { readonly status: number | null; readonly said: string } {
  const directory = mkdtempSync(join(tmpdir(), "hawser-promtool-"));
  try {
    const file = join(directory, "file.yaml");
    writeFileSync(file, text);
    const { status, stdout, stderr } = spawnSync(promtool ?? "promtool", [...args, file], { encoding: "utf8" });
    return { status, said: stdout + stderr };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
