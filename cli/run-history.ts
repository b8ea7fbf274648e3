import { oneLine } from "#src/model/one-line.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { type HistoryView, viewHistory } from "#src/view/view-history.ts";
import { printHistory } from "./print-history.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { printLines } from "./print-lines.ts";
import { printOutput } from "./print-output.ts";
import { seeSubject, subjectOptions } from "./see-subject.ts";

const command = "hawser history";
const about = `Shows who had an address when, and which node announced it when and why, of the Hawser in a cluster or in a folder of
manifests. The controller keeps the last 1,000 assignments and releases and the last 500 rounds of takeovers.

SUBJECT is an address, NAMESPACE/NAME of a Service, or its NAME where only one Service has it; also of one that was deleted.
Exit code: 0 when it could be read; 1 when it could not, or when no such Service is known; 2 for wrong options.`;

const json = "one object with subject and entries";

/** Its options. */
export const historyOptions = subjectOptions(json);

/** Runs `hawser history`. Resolves with the exit code. */
export async function runHistory(args: readonly string[], io: ProgramIo): Promise<number> {
  const seen = await seeSubject(args, io, { command, about, json });
  if (!seen.ok) return seen.code;
  const { input, subject, problems, form } = seen;
  const viewed = viewHistory(input, subject);
  if (!viewed.ok || input.history === undefined) {
    io.stderr.write(
      `${oneLine(`${command}: ${viewed.ok ? "the history cannot be read" : viewed.why}`)}\n${printLines(problems)}`,
    );
    return 1;
  }
  const { view } = viewed;
  const output = {
    documents: () => [view],
    text: (isWide: boolean) => printHistory(view, isWide),
    names: () => objectsByKey("Service", servicesIn(view)),
  };
  io.stdout.write(printOutput(form, output));
  return 0;
}

function servicesIn({ subject, entries }: HistoryView): readonly string[] {
  return subject.kind === "Service" ? [subject.service] : entries.map(({ service }) => service ?? "");
}
