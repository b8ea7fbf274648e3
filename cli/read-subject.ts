import type { ProgramIo } from "#src/process/program-io.ts";
import { isSubjectText } from "#src/view/explain-subject.ts";

/** The one Service or address that a call names; undefined where it names none, after saying so. */
export function readSubject(
  command: string,
  rest: readonly string[],
  { stderr }: Pick<ProgramIo, "stderr">,
): string | undefined {
  const [subject, ...more] = rest;
  if (subject !== undefined && more.length === 0 && isSubjectText(subject)) return subject;
  const isOdd = subject !== undefined && more.length === 0;
  const what = isOdd ? `"${subject}" is not an address, NAME or NAMESPACE/NAME` : "give one Service or address";
  stderr.write(`${command}: ${what}\nSee ${command} --help\n`);
  return undefined;
}
