import { fileURLToPath } from "node:url";
import { clusterProgram } from "#lab/cluster/build-cluster.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** Where a person types: in a folder with files, as who the kubeconfig says. */
export interface TypingPlace {
  readonly directory: string;
  readonly kubeconfigFile: string;
}

/** The command that runs lines of a shell as a person types them, with `kubectl` and `hawser`. It ends at the first that fails. */
export function typedCommand(lines: string, { directory, kubeconfigFile }: TypingPlace): readonly string[] {
  const programs = [
    `cd ${directory}`,
    `kubectl() { ${clusterProgram("kubectl")} --cache-dir=${directory}/cache --kubeconfig ${kubeconfigFile} "$@"; }`,
    `hawser() { ${process.execPath} ${CLI} "$@" --kubeconfig ${kubeconfigFile}; }`,
  ];
  return ["bash", "-ec", [...programs, lines].join("\n")];
}
