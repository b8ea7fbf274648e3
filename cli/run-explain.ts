import { oneLine } from "#src/model/one-line.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { explain } from "#src/view/explain.ts";
import { isUrlText } from "#src/view/url-question.ts";
import { outputOfExplanation } from "./output-of-explanation.ts";
import { printLines } from "./print-lines.ts";
import { printOutput } from "./print-output.ts";
import { type SeenSubject, seeSubject, subjectOptions } from "./see-subject.ts";

const command = "hawser explain";
const about = `Explains one Service or one address of the Hawser in a cluster, or in a folder of manifests: whether it is Hawser's,
which pools may serve it, why it has this address, which node announces it and which others could, what the speakers see,
endpoints, and the one thing to do next. docs/explain.md explains each step.

SUBJECT is an address, NAMESPACE/NAME of a Service, its NAME where only one Service has it, or a URL: then it explains what
becomes of a request, and hawser explain https://HOST/PATH --help shows its options.
Each line begins with ok, bad, or ? for what cannot be seen from here or may not be read.
Exit code: 0 when no step is bad; 1 when one is, when there is no such Service, or when nothing can be read; 2 for wrong
options.`;

const json = "one object with subject, steps and next";

/** Its options for a Service or an address. */
export const explainOptions = subjectOptions(json);

/** Codes of what keeps a person from seeing a part. */
const BLIND: readonly string[] = ["API_ACCESS_REFUSED", "API_SERVER_UNREACHABLE", "API_LOGIN_FAILED"];

/** Runs `hawser explain`. Resolves with the exit code. */
export async function runExplain(args: readonly string[], io: ProgramIo): Promise<number> {
  if (args.some(isUrlText)) return (await import("./run-explain-url.ts")).runExplainUrl(args, io);
  const seen = await seeSubject(args, io, { command, about, json });
  return seen.ok ? printExplained(seen, io) : seen.code;
}

/** Explains one subject of an installation that was seen. Returns the exit code. */
export function printExplained(
  { input, subject, problems, form }: SeenSubject,
  io: Pick<ProgramIo, "stdout" | "stderr">,
): number {
  const explained = explain(input, subject);
  if (!explained.ok) {
    // The subject may be among what cannot be read.
    io.stderr.write(`${oneLine(`${command}: ${explained.why}`)}\n${printLines(problems)}`);
    return explained.isUsage ? EXIT_USAGE : 1;
  }
  const { explanation } = explained;
  io.stdout.write(printOutput(form, outputOfExplanation(explanation)));
  io.stderr.write(printLines(problems.filter(({ code }) => BLIND.includes(code))));
  return explanation.steps.some(({ verdict }) => verdict === "bad") ? 1 : 0;
}
