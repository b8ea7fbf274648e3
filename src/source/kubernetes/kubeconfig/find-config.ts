import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { type ApiConfig, inClusterConfig } from "#src/source/kubernetes/api/api-config.ts";
import { readKubeconfig } from "./kubeconfig.ts";

export interface FindConfigOptions {
  /** The file to use and no other. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The cluster that a person means, as kubectl finds it: the kubeconfig named, otherwise those of KUBECONFIG, else
 * ~/.kube/config, otherwise the cluster whose pod this is.
 */
export function findApiConfig({ kubeconfig, context, env }: FindConfigOptions): Parsed<ApiConfig> {
  if (kubeconfig !== undefined) return readKubeconfig(kubeconfig, { context });
  const paths = (env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  if (paths.length > 0) return readKubeconfig(paths, { context });
  const home = join(env["HOME"] ?? homedir(), ".kube", "config");
  if (existsSync(home) || context !== undefined) return readKubeconfig(home, { context });
  if ((env["KUBERNETES_SERVICE_HOST"] ?? "") === "") return { ok: false, problems: [clusterMissing(home)] };
  return inClusterConfig({ env });
}

function clusterMissing(home: string): Problem {
  return {
    code: "SOURCE_MISSING",
    at: { kind: "option", names: ["--kubeconfig"] },
    what: "Cannot find a cluster",
    why: `neither --kubeconfig nor KUBECONFIG is given, ${home} does not exist, and this is not a pod of a cluster`,
    fix: "Give --kubeconfig FILE, or the manifests of a folder instead of a cluster, as --help says",
    severity: "error",
  };
}
