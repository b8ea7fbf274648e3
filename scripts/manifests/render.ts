import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the install manifests. */
export const config = fileURLToPath(new URL("../../config", import.meta.url));

/** The ways of exposing the ingress: folders of config/expose. */
export const ways: readonly string[] = readdirSync(join(config, "expose")).sort();

/** All manifests of one way as one file, as kubectl renders them; throws with its words where it cannot. */
export function render(way: string): string {
  const folder = join(config, "expose", way);
  const { status, stdout, stderr, error } = spawnSync("kubectl", ["kustomize", folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`kubectl kustomize ${folder}: ${error?.message ?? stderr}`);
  return `# Made by scripts/manifests.js from config/expose/${way}, where the comments are. kubectl apply -f this file.\n${stdout}`;
}
