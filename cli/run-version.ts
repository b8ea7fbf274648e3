import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { version } from "#src/process/version.ts";
import { formOf } from "./output-options.ts";
import { printOutput } from "./print-output.ts";

/** Where the native module may be: laid down by a release, or compiled at set-up. */
const NATIVE_FILES = [`prebuilt/linux-${process.arch}.node`, "build/hawser.node"];

/** Its options. */
export const versionOptions = {
  output: {
    kind: "string",
    default: "text",
    choices: ["text", "json", "yaml", "wide"],
    short: "o",
    help: "Output format; json and yaml: one object with hawser, node, nativeModule and platform; wide: with the platform",
  },
  json: { kind: "boolean", help: "The same as --output json" },
} as const satisfies OptionSpecs;

const about = "Prints the versions of Hawser and of Node, and the state of the native module.";

/** Runs `hawser version`. The exit code is 0 also where the native module is missing. */
export async function runVersion(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(versionOptions, args, io, { command: "hawser version", about, hasVariables: false });
  if (read.kind === "exit") return read.code;
  const nativeModule = nativeState();
  const platform = `${process.platform}-${process.arch}`;
  const text = `hawser ${version}\nnode ${process.version}\nnative module: ${nativeModule}\n`;
  const output = {
    documents: () => [{ hawser: version, node: process.version, nativeModule, platform }],
    text: (isWide: boolean) => (isWide ? `${text}platform: ${platform}\n` : text),
    names: () => [],
  };
  io.stdout.write(printOutput(formOf(read.values), output));
  return Promise.resolve(0);
}

function nativeState(): string {
  if (!existsSync(fileURLToPath(new URL("../native", import.meta.url))))
    return "not part of this program; only the speaker needs it";
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
