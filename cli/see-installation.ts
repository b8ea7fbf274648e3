import { printProblem, type Problem } from "#src/model/problem.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import { lookAtCluster, type LookAtClusterOptions } from "./look-at-cluster.ts";
import { openFolder } from "./open-folder.ts";

export interface SeeOptions extends Omit<LookAtClusterOptions, "env"> {
  /** A folder of manifests; undefined: a cluster. */
  readonly manifests: string | undefined;
}

/** An installation; or what to print instead, and the exit code. */
export type Seen =
  | { readonly ok: true; readonly input: ExplainInput }
  | { readonly ok: false; readonly text: string; readonly code: number };

/** Codes of what is wrong with the call, and not with the cluster. */
const USAGE: readonly string[] = ["SOURCE_MISSING", "KUBECONFIG_UNREADABLE", "KUBECONFIG_UNSUPPORTED"];

/** Looks at a folder or a cluster once, with the Services of all types. `command`: for messages. */
export async function seeInstallation(
  { manifests, ...options }: SeeOptions,
  { command, io: { env } }: { readonly command: string; readonly io: Pick<ProgramIo, "env"> },
): Promise<Seen> {
  if (manifests === undefined) {
    const found = await lookAtCluster({ ...options, env, readsAll: true });
    if (found.ok) return { ok: true, input: found.value };
    const isUsage = found.problems.some(({ code }) => USAGE.includes(code));
    return { ok: false, text: printLines(found.problems), code: isUsage ? EXIT_USAGE : 1 };
  }
  const folder = await openFolder({ ...options, manifests });
  if (typeof folder === "string")
    return { ok: false, text: `${command}: cannot read ${manifests}: ${folder}\n`, code: 1 };
  const input = await folder.look();
  await folder.close();
  return { ok: true, input };
}

/** Problems, one a line. */
export function printLines(problems: readonly Problem[]): string {
  return problems.map((problem) => `${printProblem(problem)}\n`).join("");
}
