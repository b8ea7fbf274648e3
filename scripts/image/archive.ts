import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { USER_ID } from "./root-files.ts";
import { type TarEntry, writeTar } from "#src/process/tar.ts";

export interface ImageName {
  /** `localhost/hawser`. */
  readonly repository: string;
  readonly version: string;
  /** Changes with the content, as the version does not. */
  readonly tag: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
/** The same input must give the same image, so it was made at no time of day. */
const CREATED = "1970-01-01T00:00:00Z";
const BLOBS = "blobs/sha256";

interface Blob {
  readonly mediaType: string;
  readonly content: Uint8Array;
}

/**
 * An image as one archive: the layout of the OCI image specification 1.1, with the names that containerd and podman look
 * for, and the manifest.json of `docker load`. Layers are compressed by gzip, which every runtime can read. The image has two
 * names: by its version, and by a tag that changes with the content, so that a manifest with the new tag replaces pods.
 */
export function imageArchive(layers: readonly (readonly TarEntry[])[], name: ImageName): Uint8Array {
  const tars = layers.map((entries) => Buffer.concat([...writeTar(entries)]));
  const blobs = tars.map((tar): Blob => ({ mediaType: ociType("image.layer.v1.tar+gzip"), content: gzipSync(tar) }));
  const config = json(ociType("image.config.v1+json"), imageConfig(tars, name));
  const manifest = json(ociType("image.manifest.v1+json"), {
    schemaVersion: 2,
    mediaType: ociType("image.manifest.v1+json"),
    config: descriptor(config),
    layers: blobs.map(descriptor),
  });
  const references = [name.version, name.tag].map((one) => `${name.repository}:${one}`);
  const manifests = references.map((reference) => {
    const annotations = { "io.containerd.image.name": reference, "org.opencontainers.image.ref.name": reference };
    return { ...descriptor(manifest), annotations };
  });
  const index = { schemaVersion: 2, mediaType: ociType("image.index.v1+json"), manifests };
  const docker = { Config: pathOf(config), RepoTags: references, Layers: blobs.map(pathOf) };
  const files: readonly (readonly [string, Uint8Array])[] = [
    ["oci-layout", text({ imageLayoutVersion: "1.0.0" })],
    ["index.json", text(index)],
    ["manifest.json", text([docker])],
    ...[config, manifest, ...blobs].map((blob) => [pathOf(blob), blob.content] as const),
  ];
  return Buffer.concat([...writeTar(files.map(([path, content]) => ({ path, mode: 0o644, content })))]);
}

function imageConfig(tars: readonly Uint8Array[], { version }: ImageName): unknown {
  return {
    created: CREATED,
    architecture: ARCHITECTURES[process.arch],
    os: "linux",
    config: {
      User: `${USER_ID}:${USER_ID}`,
      // Two arenas of malloc instead of one for each thread: 2 MB less, measured (docs/adr/0010-image.md).
      Env: ["PATH=/usr/bin", "MALLOC_ARENA_MAX=2"],
      Entrypoint: ["/usr/bin/hawser"],
      Cmd: ["--help"],
      WorkingDir: "/",
      Labels: {
        "org.opencontainers.image.title": "hawser",
        "org.opencontainers.image.description": "A bare-metal LoadBalancer provider for Kubernetes",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.version": version,
      },
    },
    rootfs: { type: "layers", diff_ids: tars.map(digest) },
    history: [
      { created: CREATED, created_by: "npm run image", comment: "Node and its libraries" },
      { created: CREATED, created_by: "npm run image", comment: "Hawser" },
    ],
  };
}

function ociType(kind: string): string {
  return `application/vnd.oci.${kind}`;
}

function json(mediaType: string, value: unknown): Blob {
  return { mediaType, content: text(value) };
}

function text(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function digest(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

function descriptor({ mediaType, content }: Blob): Readonly<Record<string, unknown>> {
  return { mediaType, digest: digest(content), size: content.length };
}

function pathOf({ content }: Blob): string {
  return `${BLOBS}/${digest(content).slice("sha256:".length)}`;
}
