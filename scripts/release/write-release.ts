import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageArchive } from "#scripts/image/archive.ts";
import { contentTag } from "#scripts/image/content-tag.ts";
import { imageParts } from "#scripts/image/root-files.ts";
import { ways } from "#scripts/manifests/render.ts";
import { bundlePlugin } from "#scripts/plugin/bundle-plugin.ts";
import { billOfMaterials } from "./bill-of-materials.ts";
import { packChart } from "./pack-chart.ts";

/** What a release is of. */
export interface Release {
  readonly version: string;
  /** Where the image will be: `ghcr.io/example/hawser`. */
  readonly repository: string;
  /** Of the image in the registry, where it is there already. */
  readonly digest?: string | undefined;
  readonly notes: string;
}

const LOCAL = "localhost/hawser";

/** Writes all files of a release that need no network into a folder; returns their names, the last is SHA256SUMS of the others. */
export async function writeRelease(root: string, out: string, release: Release): Promise<readonly string[]> {
  const { version, repository, digest, notes } = release;
  const parts = await imageParts(root);
  const tag = contentTag(root, version, parts.layers[1] ?? []);
  const image = { repository, tag, digest };
  const arch = process.arch;
  const files: Readonly<Record<string, string | Uint8Array>> = {
    [`hawser-${version}-${arch}.tar`]: imageArchive(parts.layers, { repository, version, tag }),
    [`hawser-${version}-${arch}.cdx.json`]: `${JSON.stringify(billOfMaterials(root, parts, version), undefined, 2)}\n`,
    [`hawser-${version}.tgz`]: packChart(root, image),
    "kubectl-hawser": await bundlePlugin(root),
    ...Object.fromEntries(ways.map((way) => [`${way}.yaml`, manifest(root, way, release, tag)])),
    "notes.md": notes,
  };
  mkdirSync(out, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(out, name), content, { mode: name === "kubectl-hawser" ? 0o755 : 0o644 });
  }
  const sums = Object.entries(files).map(
    ([name, content]) => `${createHash("sha256").update(content).digest("hex")}  ${name}\n`,
  );
  writeFileSync(join(out, "SHA256SUMS"), sums.join(""));
  return [...Object.keys(files), "SHA256SUMS"];
}

/** The manifests of a way with the image of the release in place of the local one. */
function manifest(root: string, way: string, { version, repository, digest }: Release, tag: string): string {
  const text = readFileSync(join(root, "config", `${way}.yaml`), "utf8");
  const name = digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`;
  return text.replaceAll(`${LOCAL}:${version}`, name);
}
