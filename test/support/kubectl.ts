import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { config, type Manifest, manifestsIn } from "#test/config/kustomization.ts";

/** Whether there is a kubectl in PATH. */
export const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;

/** The objects that `kubectl kustomize` makes of a folder. Throws with its words where it fails or warns. */
export function kubectlKustomize(folder: string, kubectl = "kubectl"): readonly Manifest[] {
  const { status, stdout, stderr } = spawnSync(kubectl, ["kustomize", folder], { encoding: "utf8" });
  if (status !== 0 || stderr !== "") throw new Error(`kubectl kustomize ${folder}: ${stderr}`);
  return manifestsIn(stdout);
}

/** What `kubectlKustomize` makes of a way of exposing with components. */
export function exposedWith(way: string, components: readonly string[], kubectl?: string): readonly Manifest[] {
  const directory = mkdtempSync(join(tmpdir(), "hawser-kustomize-"));
  try {
    const kustomization = {
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      resources: [relative(directory, join(config, "expose", way))],
      components: components.map((name) => relative(directory, join(config, name))),
    };
    writeFileSync(join(directory, "kustomization.yaml"), stringify(kustomization));
    return kubectlKustomize(directory, kubectl);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
