// The container image, without a daemon: an OCI archive that containerd, docker and podman load.
// Usage: npm run image -- [--out FILE] [--root DIR]
//   --out FILE  Where to write it; default hawser-VERSION-ARCH.tar in this folder
//   --root DIR  Write the image's files into this folder instead (the Containerfile does)
// Also writes install/: kustomizations of config/expose, and values of charts/hawser, that name this image.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "#src/process/version.ts";
import { imageArchive } from "./image/archive.ts";
import { contentTag } from "./image/content-tag.ts";
import { imageParts } from "./image/root-files.ts";
import { writeInstall } from "./image/write-install.ts";
import { readScriptOptions } from "./read-script-options.js";

/** A name that leads to no registry: a node that lacks the image says so, and fetches nothing from a stranger. */
const REPOSITORY = "localhost/hawser";

const root = fileURLToPath(new URL("..", import.meta.url));
const specs = {
  out: {
    kind: "string",
    placeholder: "FILE",
    help: "Write it there (default: hawser-VERSION-ARCH.tar in this folder)",
  },
  root: {
    kind: "string",
    placeholder: "DIR",
    help: "Write the files of the image into this folder instead (the Containerfile does)",
  },
};
const about = "Makes the container image as an OCI archive that containerd, docker and podman load. Needs no daemon.";
const values = readScriptOptions("image", specs, about);
// Paths are relative to the folder in which npm was called.
const here = process.env.INIT_CWD ?? process.cwd();
const { layers } = await imageParts(root);

if (values.root !== undefined) {
  for (const { path, mode, content } of layers.flat()) {
    const file = join(resolve(here, values.root), path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
  }
  process.stdout.write(`${resolve(here, values.root)}\n`);
} else {
  const file = resolve(here, values.out ?? `hawser-${version}-${process.arch}.tar`);
  const tag = contentTag(root, version, layers[1] ?? []);
  const bytes = imageArchive(layers, { repository: REPOSITORY, version, tag });
  writeFileSync(file, bytes);
  const install = writeInstall(root, { repository: REPOSITORY, tag });
  const digest = createHash("sha256").update(bytes).digest("hex");
  process.stderr.write(
    `image: ${REPOSITORY}:${tag}, ${(bytes.length / 1e6).toFixed(1)} MB, sha256 ${digest}\n` +
      `image: containerd  ctr --namespace k8s.io images import ${file}\n` +
      `image: docker      docker load --input ${file}\n` +
      `image: then        kubectl apply -k ${join(install, "deployment-loadbalancer")}\n`,
  );
  process.stdout.write(`${file}\n`);
}
