import { expect } from "vitest";
import { runHawser } from "#cli/run-hawser.ts";
import { runController } from "#controller/run-controller.ts";
import { runIngress } from "#ingress/run-ingress.ts";
import { runSpeaker } from "#speaker/run-speaker.ts";
import { testIo } from "#test/support/program-io.ts";

/** The programs, in this process: `hawser speaker` would end it after its help. */
export const PROGRAMS = { controller: runController, speaker: runSpeaker, ingress: runIngress } as const;

/** The names of the commands, as `hawser --help` lists them. */
export async function commandNames(): Promise<readonly string[]> {
  return [...(await helpOf()).matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name = ""]) => name);
}

/** What `hawser ARGS --help` prints, without a process for it. */
export async function helpOf(...args: readonly string[]): Promise<string> {
  const io = testIo();
  const program = Object.entries(PROGRAMS).find(([name]) => name === args[0])?.[1];
  const code = await (program === undefined ? runHawser([...args, "--help"], io) : program(["--help"], io));
  expect(code).toBe(0);
  return io.out();
}
