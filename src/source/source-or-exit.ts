import type { Kind } from "#src/model/kind.ts";
import { type Parsed, printProblem } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import type { OptionValues } from "#src/process/option-spec.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import { type ApiConfig, inClusterConfig } from "./kubernetes/api/api-config.ts";
import { openKubernetesSource } from "./kubernetes/kubernetes.ts";
import type { Scope } from "./kubernetes/read/resources.ts";
import type { Source } from "./source.ts";
import type { sourceOptions } from "./source-options.ts";

/** What a program needs of its source. */
export interface SourceNeeds {
  /** The program's name: `controller`. */
  readonly component: string;
  readonly log: Logger;
  /** What of each kind is read from the API; a folder gives all. */
  readonly scopes?: Readonly<Partial<Record<Kind, Scope>>>;
  /** Whether `reports()` shows those of others. A folder always does. Default false. */
  readonly watchesReports?: boolean;
  /** The same for `reports("member")`. */
  readonly watchesMembers?: boolean;
}

/**
 * A source as the options say: the folder of `--manifests`, else the cluster of `--kubeconfig`, else the pod's own. What
 * reads a folder or a kubeconfig is loaded only then: a pod needs neither, nor the YAML parser behind them.
 */
async function openSource(
  { manifests, kubeconfig, namespace }: OptionValues<typeof sourceOptions>,
  { component, log, scopes, watchesReports, watchesMembers }: SourceNeeds,
): Promise<Parsed<Source>> {
  if (manifests !== undefined) {
    const { openFolderSource } = await import("./folder.ts");
    return { ok: true, value: openFolderSource({ directory: manifests, log }), problems: [] };
  }
  const config = await apiConfig(kubeconfig);
  if (!config.ok) return config;
  const { value } = config;
  log.info({ server: value.server, kubeconfig }, "reads from the Kubernetes API");
  const needs = { component: `hawser-${component}`, log, scopes, watchesReports, watchesMembers };
  return { ok: true, value: openKubernetesSource({ config: value, namespace, ...needs }), problems: [] };
}

/** How the API server is reached: as this kubeconfig says, or as a pod does. */
export async function apiConfig(kubeconfig: string | undefined): Promise<Parsed<ApiConfig>> {
  if (kubeconfig === undefined) return inClusterConfig({ env: process.env });
  const { readKubeconfig } = await import("./kubernetes/kubeconfig/kubeconfig.ts");
  return readKubeconfig(kubeconfig);
}

/** For a program's main: its source; else prints why there is none and exits 2. */
export async function sourceOrExit(options: OptionValues<typeof sourceOptions>, needs: SourceNeeds): Promise<Source> {
  const opened = await openSource(options, needs);
  if (opened.ok) return opened.value;
  for (const problem of opened.problems) process.stderr.write(`${printProblem(problem)}\n`);
  return process.exit(EXIT_USAGE);
}
