import { printProblem, type Problem } from "#src/model/problem.ts";
import type { CommandText } from "./print-help.ts";
import type { OptionSpecs } from "./option-spec.ts";
import { EXIT_USAGE, type GivenValues, parseOptions } from "./options.ts";
import type { ProgramIo } from "./program-io.ts";

/** The options of a call; or the exit code of a program that has nothing more to do. */
export type ReadOptions<S extends OptionSpecs> = GivenValues<S> | { readonly kind: "exit"; readonly code: number };

/** Reads a program's options. Prints the help (exit code 0) or what is wrong with the call (exit code 2) instead. */
export function readOptions<const S extends OptionSpecs>(
  specs: S,
  argv: readonly string[],
  io: Pick<ProgramIo, "env" | "stdout" | "stderr">,
  text: CommandText,
): ReadOptions<S> {
  const parsed = parseOptions(specs, argv, io.env, text);
  if (parsed.kind === "values") return parsed;
  if (parsed.kind === "help") {
    io.stdout.write(parsed.text);
    return { kind: "exit", code: 0 };
  }
  const code = printProblems(io, parsed.problems);
  io.stderr.write(`See ${text.command ?? "the program"} --help\n`);
  return { kind: "exit", code };
}

/** Prints why a program cannot start, one Problem a line. Returns its exit code. */
export function printProblems({ stderr }: Pick<ProgramIo, "stderr">, problems: readonly Problem[]): number {
  for (const problem of problems) stderr.write(`${printProblem(problem)}\n`);
  return EXIT_USAGE;
}
