import { oneLine } from "#src/model/one-line.ts";
import { type Problem } from "#src/model/problem.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import type { StatusInput } from "#src/view/status-input.ts";
import type { PlaceOfObject } from "./finding-of.ts";
import { printLines } from "./print-lines.ts";
import { lookAtCluster, type LookAtClusterOptions } from "./look-at-cluster.ts";
import { openFolder } from "./open-folder.ts";

export interface SeeOptions extends Omit<LookAtClusterOptions, "env"> {
  /** A folder of manifests; undefined: a cluster. */
  readonly manifests: string | undefined;
}

/** An installation; or the exit code, after saying why it cannot be seen. */
export type Seen =
  | { readonly ok: true; readonly input: ExplainInput; readonly placeOf: PlaceOfObject }
  | { readonly ok: false; readonly code: number };

/** Codes of what is wrong with the call, and not with the cluster. */
const USAGE: readonly string[] = ["SOURCE_MISSING", "KUBECONFIG_UNREADABLE", "KUBECONFIG_UNSUPPORTED"];

/** The exit code of a command that sees no cluster, for these Problems. */
export function exitCodeOfBlind(problems: readonly Problem[]): number {
  return problems.some(({ code }) => USAGE.includes(code)) ? EXIT_USAGE : 1;
}

/** Whether something may not be read that the controller's plan depends on. */
export function isPlanBlind({ services, configMaps, nodes, members }: StatusInput): boolean {
  return [services, configMaps, nodes, members].includes(undefined);
}

/** Looks at a folder or a cluster once, with the Services of all types. `command`: for messages. */
export async function seeInstallation(
  { manifests, ...options }: SeeOptions,
  { command, io: { env, stderr } }: { readonly command: string; readonly io: Pick<ProgramIo, "env" | "stderr"> },
): Promise<Seen> {
  if (manifests === undefined) {
    const found = await lookAtCluster({ ...options, env, readsAll: true });
    if (found.ok) return { ok: true, input: found.value, placeOf: NO_FILES };
    stderr.write(printLines(found.problems));
    return { ok: false, code: exitCodeOfBlind(found.problems) };
  }
  const folder = await openFolder({ ...options, manifests });
  if (typeof folder === "string") {
    stderr.write(`${oneLine(`${command}: cannot read ${manifests}: ${folder}`)}\n`);
    return { ok: false, code: 1 };
  }
  const input = await folder.look();
  await folder.close();
  return { ok: true, input, placeOf: folder.placeOf };
}

/** The objects of a cluster are in no files. */
export const NO_FILES: PlaceOfObject = () => undefined;
