import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { TarEntry } from "#src/process/tar.ts";

/** ` libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)`, or the loader alone: `/lib64/ld-linux-x86-64.so.2 (0x...)`. */
const LINE = /^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm;

/** The shared libraries that programs load, of this machine, each where it is here: there the loader looks for it. */
export function sharedLibraries(programs: readonly string[]): readonly TarEntry[] {
  const paths = new Set(programs.flatMap(librariesOf));
  return [...paths].map((path) => ({ path: path.slice(1), mode: 0o755, content: readFileSync(path) }));
}

function librariesOf(program: string): readonly string[] {
  const { status, stdout, stderr, error } = spawnSync("ldd", [program], { encoding: "utf8" });
  const paths = [...(stdout ?? "").matchAll(LINE)].map(([, path = ""]) => path);
  if (status === 0 && paths.length > 0 && !stdout.includes("not found")) return paths;
  throw new Error(`ldd ${program} failed: ${error?.message ?? (stderr.trim() || stdout.trim())}`);
}
