import { oneLine } from "#src/model/one-line.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { completionScripts } from "./completion-scripts.ts";

const command = "hawser completion";
const about = `Prints the completion of commands, options and values for a shell: bash, zsh or fish, or for kubectl's plug-ins (kubectl). It asks
the program itself and no cluster. docs/kubectl.md says where to put it:

  bash     source <(hawser completion bash)
  zsh      source <(hawser completion zsh)
  fish     hawser completion fish | source
  kubectl  hawser completion kubectl > /usr/local/bin/kubectl_complete-hawser, and chmod +x it

Exit code: 0; 2 for a shell that is not known.`;

/** Runs `hawser completion SHELL`. Resolves with the exit code. */
export async function runCompletion(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions({}, args, io, { command, about, rest: "SHELL", hasVariables: false });
  if (read.kind === "exit") return read.code;
  const [shell = "", ...more] = read.rest;
  const script = more.length === 0 ? completionScripts.get(shell) : undefined;
  if (script === undefined) {
    const known = [...completionScripts.keys()].join(", ");
    const what = read.rest.length === 1 ? `unknown shell "${shell}"` : "give one shell";
    io.stderr.write(`${oneLine(`${command}: ${what}; there is ${known}`)}\nSee ${command} --help\n`);
    return Promise.resolve(EXIT_USAGE);
  }
  io.stdout.write(script);
  return 0;
}
