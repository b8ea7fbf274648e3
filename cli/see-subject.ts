import { oneLine } from "#src/model/one-line.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import { isSubjectText } from "#src/view/explain-subject.ts";
import type { Finding } from "./check-result.ts";
import { findingOf } from "./finding-of.ts";
import { lookOptions } from "./look-options.ts";
import { formOf, type OutputForm, outputOptions } from "./output-options.ts";
import { seeInstallation } from "./see-installation.ts";

/** A command about one Service or one address. */
interface SubjectCommand {
  /** `hawser explain`. */
  readonly command: string;
  readonly about: string;
  /** What its JSON is, for the help. */
  readonly json: string;
}

/** What is asked about, and the installation. */
export interface SeenSubject {
  readonly subject: string;
  readonly input: ExplainInput;
  /** Those of the source, with the files that they are in. */
  readonly problems: readonly Finding[];
  readonly form: OutputForm;
}

/** What a call asks about; or the exit code, after saying why not. */
type SeenCall = ({ readonly ok: true } & SeenSubject) | { readonly ok: false; readonly code: number };

/** The options of a command about one subject; `json` says what its JSON is. */
export function subjectOptions(json: string) {
  return { ...lookOptions("Show"), ...outputOptions(json) };
}

/** Reads the call of a command about one subject, and looks at the installation once. */
export async function seeSubject(
  args: readonly string[],
  io: ProgramIo,
  { command, about, json }: SubjectCommand,
): Promise<SeenCall> {
  const read = readOptions(subjectOptions(json), args, io, { command, about, rest: "SUBJECT" });
  if (read.kind === "exit") return { ok: false, code: read.code };
  const subject = subjectIn(command, read.rest, io);
  if (subject === undefined) return { ok: false, code: EXIT_USAGE };
  const seen = await seeInstallation(read.values, { command, io });
  if (!seen.ok) return seen;
  const problems = seen.input.problems.map((problem) => findingOf(problem, seen.placeOf));
  return { ok: true, subject, input: seen.input, problems, form: formOf(read.values) };
}

/** The one Service or address that a call names; undefined where it names none, after saying so. */
function subjectIn(command: string, rest: readonly string[], { stderr }: ProgramIo): string | undefined {
  const [subject, ...more] = rest;
  if (subject !== undefined && more.length === 0 && isSubjectText(subject)) return subject;
  const isOdd = subject !== undefined && more.length === 0;
  const what = isOdd ? `"${subject}" is not an address, NAME or NAMESPACE/NAME` : "give one Service or address";
  stderr.write(`${oneLine(`${command}: ${what}`)}\nSee ${command} --help\n`);
  return undefined;
}
