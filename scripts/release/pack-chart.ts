import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { writeTar } from "#src/process/tar.ts";

/** An image in a registry: by tag, and by digest where that is known. */
export interface PublishedImage {
  readonly repository: string;
  readonly tag: string;
  readonly digest?: string | undefined;
}

/** The chart as `helm package` makes it, whose defaults name this image. Same chart and image, same bytes. */
export function packChart(root: string, image: PublishedImage): Uint8Array {
  const folder = join(root, "charts/hawser");
  const files = globSync("**/*", { cwd: folder, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(folder.length + 1))
    .toSorted();
  const entries = files.map((path) => {
    const text = readFileSync(join(folder, path), "utf8");
    const content = Buffer.from(path === "values.yaml" ? withImage(text, image) : text);
    return { path: `hawser/${path}`, mode: 0o644, content };
  });
  return gzipSync(Buffer.concat([...writeTar(entries)]));
}

/** values.yaml with another image; throws where it does not have the lines that name one. */
function withImage(values: string, { repository, tag, digest = "" }: PublishedImage): string {
  const lines = { repository, tag: JSON.stringify(tag), digest: JSON.stringify(digest) };
  return Object.entries(lines).reduce((text, [name, value]) => {
    const line = new RegExp(`^(image:\\n(?: {2}.*\\n)*? {2}${name}: ).*$`, "m");
    if (!line.test(text)) throw new Error(`values.yaml has no image.${name}`);
    return text.replace(line, (_, before: string) => before + value);
  }, values);
}
