import { printProblem, type Problem } from "#src/model/problem.ts";
import { EXIT_USAGE } from "#src/process/options.ts";

/** What a verb does when there are no options to go by: prints the help (0), or what is wrong (2). Returns the exit code. */
export function refuse(
  parsed:
    | { readonly kind: "help"; readonly text: string }
    | { readonly kind: "problems"; readonly problems: readonly Problem[] },
  command: string,
): number {
  if (parsed.kind === "help") {
    process.stdout.write(parsed.text);
    return 0;
  }
  for (const problem of parsed.problems) process.stderr.write(`${printProblem(problem)}\n`);
  process.stderr.write(`See ${command} --help\n`);
  return EXIT_USAGE;
}
