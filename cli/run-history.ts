import { oneLine } from "#src/model/one-line.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { viewHistory } from "#src/view/view-history.ts";
import { printHistory } from "./print-history.ts";
import { printLines } from "./print-lines.ts";
import { seeSubject } from "./see-subject.ts";

const command = "hawser history";
const about = `Shows who had an address when, and which node announced it when and why, of the Hawser in a cluster or in a folder of
manifests. The controller keeps the last 1,000 assignments and releases and the last 500 rounds of takeovers.

SUBJECT is an address, NAMESPACE/NAME of a Service, or its NAME where only one Service has it; also of one that was deleted.
Exit code: 0 when it could be read; 1 when it could not, or when no such Service is known; 2 for wrong options.`;

/** Runs `hawser history`. Resolves with the exit code. */
export async function runHistory(args: readonly string[], io: ProgramIo): Promise<number> {
  const seen = await seeSubject(args, io, { command, about, json: "one object with subject and entries" });
  if (!seen.ok) return seen.code;
  const { input, subject, problems, isJson } = seen;
  const viewed = viewHistory(input, subject);
  if (!viewed.ok || input.history === undefined) {
    io.stderr.write(
      `${oneLine(`${command}: ${viewed.ok ? "the history cannot be read" : viewed.why}`)}\n${printLines(problems)}`,
    );
    return 1;
  }
  io.stdout.write(isJson ? `${JSON.stringify(viewed.view)}\n` : printHistory(viewed.view));
  return 0;
}
