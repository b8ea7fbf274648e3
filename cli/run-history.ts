import type { OptionSpecs } from "#src/process/option-spec.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { viewHistory } from "#src/view/view-history.ts";
import { outputOptions, wantsJson, withLongOutput } from "./output-options.ts";
import { printHistory } from "./print-history.ts";
import { readSubject } from "./read-subject.ts";
import { lookOptions } from "./look-options.ts";
import { printLines, seeInstallation } from "./see-installation.ts";

const specs = {
  ...lookOptions,
  ...outputOptions("one object with subject and entries"),
} as const satisfies OptionSpecs;

const command = "hawser history";
const about = `Shows who had an address when, and which node announced it when and why, of the Hawser in a cluster or in a folder of
manifests. The controller keeps the last 1,000 assignments and releases and the last 500 rounds of takeovers.

SUBJECT is an address, NAMESPACE/NAME of a Service, or its NAME where only one Service has it; also of one that was deleted.
Exit code: 0 when it could be read; 1 when it could not, or when no such Service is known; 2 for wrong options.`;

/** Runs `hawser history`. Resolves with the exit code. */
export async function runHistory(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(specs, withLongOutput(args), io, { command, about, rest: "SUBJECT" });
  if (read.kind === "exit") return read.code;
  const { values: options, rest } = read;
  const subject = readSubject(command, rest, io);
  if (subject === undefined) return EXIT_USAGE;
  const seen = await seeInstallation(options, { command, io });
  if (!seen.ok) {
    io.stderr.write(seen.text);
    return seen.code;
  }
  const { input } = seen;
  const viewed = viewHistory(input, subject);
  if (!viewed.ok || input.history === undefined) {
    io.stderr.write(
      `${command}: ${viewed.ok ? "the history cannot be read" : viewed.why}\n${printLines(input.problems)}`,
    );
    return 1;
  }
  io.stdout.write(wantsJson(options) ? `${JSON.stringify(viewed.view)}\n` : printHistory(viewed.view));
  return 0;
}
