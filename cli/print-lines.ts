import { oneLine } from "#src/model/one-line.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import type { Finding } from "./check-result.ts";

type Printed = Problem & Partial<Pick<Finding, "file">>;

/** Problems, one a line, each after the place in a file that it is about, where that is known. */
export function printLines(problems: readonly Printed[]): string {
  return problems.map(printLine).join("");
}

/** What a command shows, and the Problems below it, if there are any. */
export function withProblems(shown: string, problems: readonly Printed[]): string {
  return problems.length === 0 ? shown : `${shown}\n${printLines(problems)}`;
}

function printLine({ file = "", ...problem }: Printed): string {
  const isSaid = file === "" || problem.at.kind === "file" || problem.at.kind === "copy";
  return `${isSaid ? "" : oneLine(`${file}  `)}${printProblem(problem)}\n`;
}
