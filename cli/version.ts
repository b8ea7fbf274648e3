import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseOptions } from "#src/process/options.ts";
import { version } from "#src/process/version.ts";
import { refuse } from "./refuse.ts";

/** Where the native module may be: laid down by a release, or compiled at set-up. */
const NATIVE_FILES = [`prebuilt/linux-${process.arch}.node`, "build/hawser.node"];

/** Prints versions and the state of the native module; 0, also where that module is missing. */
export async function main(args: readonly string[]): Promise<number> {
  const about = "Prints the versions of Hawser and of Node, and the state of the native module.";
  const parsed = parseOptions({}, args, {}, { command: "hawser version", about });
  if (parsed.kind !== "values") return refuse(parsed, "hawser version");
  process.stdout.write(`hawser ${version}\nnode ${process.version}\nnative module: ${nativeState()}\n`);
  return Promise.resolve(0);
}

function nativeState(): string {
  const files = NATIVE_FILES.map((file) => fileURLToPath(new URL(`../native/${file}`, import.meta.url)));
  const file = files.find((candidate) => existsSync(candidate));
  if (file === undefined) return "not built; the speaker needs it. Run: npm run hawser";
  try {
    createRequire(import.meta.url)(file);
    return `loads (${file})`;
  } catch (error) {
    return `does not load (${(error as Error).message}). Delete native/build and run: npm run hawser`;
  }
}
