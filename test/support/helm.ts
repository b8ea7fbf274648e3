import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { helmProgram } from "#lab/helm/build-helm.ts";
import type { Manifest } from "#test/config/kustomization.ts";
import { root } from "#test/docs/page.ts";

export const CHART = join(root, "charts/hawser");

/** What Helm said. */
export interface HelmResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables with which Helm keeps all that it writes in a folder. */
export function helmHomes(directory: string): Readonly<Record<string, string>> {
  return Object.fromEntries(["CACHE", "CONFIG", "DATA"].map((name) => [`HELM_${name}_HOME`, join(directory, "helm")]));
}

/** Runs Helm with values, without a cluster. */
export function runHelm(args: readonly string[], values: object = {}): HelmResult {
  const directory = mkdtempSync(join(tmpdir(), "hawser-helm-"));
  try {
    const file = join(directory, "values.yaml");
    writeFileSync(file, stringify(values));
    return spawnSync(helmProgram(), [...args, `--values=${file}`], {
      encoding: "utf8",
      env: { ...process.env, ...helmHomes(directory), KUBECONFIG: join(directory, "none") },
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The objects that the chart makes of values, in a namespace. Throws with Helm's words where it makes none. */
export function renderChart(values: object, namespace = "hawser-system"): readonly Manifest[] {
  const { status, stdout, stderr } = runHelm(["template", "hawser", CHART, `--namespace=${namespace}`], values);
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).flatMap((document) =>
    document.contents === null ? [] : [document.toJS() as Manifest],
  );
}
