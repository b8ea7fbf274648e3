import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mustRun } from "#lab/rack/run-command.ts";
import { PAUSE_IMAGE } from "./node-config.ts";

const SOURCE = fileURLToPath(new URL("pause.c", import.meta.url));
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** Compiles pause.c into an image of this one file; returns the archive (OCI image layout) that containerd imports. */
export async function writePauseImage(directory: string): Promise<string> {
  const layout = join(directory, "pause");
  const root = join(layout, "root");
  const blobs = join(layout, "blobs/sha256");
  for (const folder of [root, blobs]) mkdirSync(folder, { recursive: true });
  await mustRun("compile pause.c", ["cc", "-static", "-Os", "-s", "-o", join(root, "pause"), SOURCE]);
  await mustRun("pack the layer", ["tar", "-C", root, "-cf", join(layout, "layer.tar"), "pause"]);

  const addBlob = (content: Buffer): { readonly digest: string; readonly size: number } => {
    const hash = createHash("sha256").update(content).digest("hex");
    writeFileSync(join(blobs, hash), content);
    return { digest: `sha256:${hash}`, size: content.length };
  };
  const addJson = (value: object): ReturnType<typeof addBlob> => addBlob(Buffer.from(JSON.stringify(value)));
  const type = (name: string): string => `application/vnd.oci.image.${name}`;
  const layer = addBlob(readFileSync(join(layout, "layer.tar")));
  const config = addJson({
    architecture: ARCHITECTURES[arch()],
    os: "linux",
    config: { Entrypoint: ["/pause"] },
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  });
  const manifest = addJson({
    schemaVersion: 2,
    config: { mediaType: type("config.v1+json"), ...config },
    layers: [{ mediaType: type("layer.v1.tar"), ...layer }],
  });
  const named = {
    mediaType: type("manifest.v1+json"),
    ...manifest,
    annotations: { "io.containerd.image.name": PAUSE_IMAGE },
  };
  writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const archive = join(directory, "pause.tar");
  await mustRun("pack the image", ["tar", "-C", layout, "-cf", archive, "oci-layout", "index.json", "blobs"]);
  return archive;
}
