import type { CommandResult } from "#lab/rack/run-command.ts";

/** A step of a printed procedure. */
export interface PrintedStep {
  readonly title: string;
  readonly commands: readonly string[];
}

/** Plays the step with such a title in a shell; resolves with what it printed. Rejects where there is none, and where it fails. */
export async function playStep(
  steps: readonly PrintedStep[],
  title: RegExp,
  shell: (lines: string) => Promise<CommandResult>,
): Promise<string> {
  const step = steps.find((one) => title.test(one.title));
  if (step === undefined) throw new Error(`there is no step ${title}`);
  const { code, stdout, stderr } = await shell(step.commands.join("\n"));
  if (code !== 0) throw new Error(`${step.title}: exit code ${code}\n${stdout}\n${stderr}`);
  return stdout;
}
