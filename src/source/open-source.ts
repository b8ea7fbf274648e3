import type { Kind } from "#src/model/kind.ts";
import type { Parsed } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import type { OptionValues } from "#src/process/option-spec.ts";
import { type ApiConfig, inClusterConfig } from "./kubernetes/api/api-config.ts";
import { openKubernetesSource } from "./kubernetes/kubernetes.ts";
import type { Scope } from "./kubernetes/read/scope.ts";
import type { ReportTopic, Source } from "./source.ts";
import type { sourceOptions } from "./source-options.ts";

/** What a program needs of its source. */
export interface SourceNeeds {
  /** The program's name: `controller`. */
  readonly component: string;
  readonly log: Logger;
  /** Says where a pod finds its API server. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What of each kind is read from the API; a folder gives all. */
  readonly scopes?: Readonly<Partial<Record<Kind, Scope>>>;
  /** Whether `reports()` shows those of others. Default false. */
  readonly watchesReports?: boolean;
  /** Whether `reports("member")` shows those of other members; then `open` waits for them. Default false. */
  readonly watchesMembers?: boolean;
  /** Whether `reports("history")` shows what was kept; then `open` waits for it. Default false. */
  readonly watchesHistory?: boolean;
}

/**
 * A source as the options say: the folder of `--manifests`, otherwise the cluster of `--kubeconfig`, otherwise the pod's own. What
 * reads a folder or a kubeconfig is loaded only then: a pod needs neither, nor the YAML parser behind them.
 */
export async function openSource(
  { manifests, kubeconfig, namespace }: OptionValues<typeof sourceOptions>,
  { component, log, env, scopes, watchesReports, watchesMembers, watchesHistory }: SourceNeeds,
): Promise<Parsed<Source>> {
  if (manifests !== undefined) {
    const { openFolderSource } = await import("./folder/folder.ts");
    const topics: readonly ReportTopic[] = [
      ...(watchesReports === true ? ["report" as const] : []),
      ...(watchesMembers === true ? ["member" as const] : []),
      ...(watchesHistory === true ? ["history" as const] : []),
    ];
    return { ok: true, value: openFolderSource({ directory: manifests, log, topics }), problems: [] };
  }
  const config = await apiConfig(kubeconfig, env);
  if (!config.ok) return config;
  const { value } = config;
  log.info({ server: value.server, kubeconfig }, "reading from the Kubernetes API");
  const needs = { component: `hawser-${component}`, log, scopes, watchesReports, watchesMembers, watchesHistory };
  return { ok: true, value: openKubernetesSource({ config: value, namespace, ...needs }), problems: [] };
}

/** How the API server is reached: as this kubeconfig says, or as a pod does. */
export async function apiConfig(kubeconfig: string | undefined, env: SourceNeeds["env"]): Promise<Parsed<ApiConfig>> {
  if (kubeconfig === undefined) return inClusterConfig({ env });
  const { readKubeconfig } = await import("./kubernetes/kubeconfig/kubeconfig.ts");
  return readKubeconfig(kubeconfig);
}
