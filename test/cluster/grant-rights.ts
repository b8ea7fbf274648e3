import { join } from "node:path";
import { applyObjects } from "#lab/cluster/apply-manifests.ts";
import type { Cluster } from "#lab/cluster/cluster.ts";
import { config, readManifests } from "#test/config/kustomization.ts";

const NAMESPACE = "hawser-system";
const RIGHTS = /^(?:Namespace|ServiceAccount|(?:Cluster)?Role(?:Binding)?)$/;

/** Makes the ServiceAccounts of config/ with their rights; returns kubeconfigs of the programs, which can do nothing else. */
export async function grantRights<Program extends string>(
  cluster: Cluster,
  directory: string,
  programs: readonly Program[],
): Promise<Readonly<Record<Program, string>>> {
  const manifests = readManifests(join(config, "deployment-loadbalancer.yaml"));
  await applyObjects(
    cluster.api,
    manifests.filter(({ kind }) => RIGHTS.test(kind)),
  );
  const files: Partial<Record<Program, string>> = {};
  for (const program of programs) {
    const file = join(directory, `${program}.kubeconfig`);
    cluster.writeKubeconfig(file, { token: await cluster.serviceAccountToken(NAMESPACE, `hawser-${program}`) });
    files[program] = file;
  }
  return files as Record<Program, string>;
}
