import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageConfig {
  readonly architecture: string;
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** An image archive as a container runtime reads it: each digest and size is checked on the way. */
export class UnpackedImage {
  /** Its names, as containerd takes them. */
  readonly names: readonly string[];
  readonly config: ImageConfig;
  readonly docker: {
    readonly Config: string;
    readonly RepoTags: readonly string[];
    readonly Layers: readonly string[];
  };
  readonly layers: readonly Descriptor[];
  readonly #directory: string;

  /** Unpacks into the folder, which may be empty; the root file system is in its `root`. */
  constructor(archive: string, directory: string) {
    this.#directory = directory;
    run("tar", "-xf", archive, "-C", directory);
    const index = this.#json("index.json") as { readonly manifests: readonly Descriptor[] };
    const [descriptor] = index.manifests;
    if (descriptor === undefined) throw new Error("the index names no image");
    if (index.manifests.some(({ digest }) => digest !== descriptor.digest)) throw new Error("the index names several");
    this.names = index.manifests.map(({ annotations }) => annotations?.["io.containerd.image.name"] ?? "");
    const manifest = JSON.parse(this.#blob(descriptor).toString()) as {
      readonly config: Descriptor;
      readonly layers: readonly Descriptor[];
    };
    this.layers = manifest.layers;
    this.config = JSON.parse(this.#blob(manifest.config).toString()) as ImageConfig;
    [this.docker] = this.#json("manifest.json") as [UnpackedImage["docker"]];
  }

  /** Where the root file system is, once it was laid down. */
  get root(): string {
    return join(this.#directory, "root");
  }

  layDown(): void {
    mkdirSync(this.root);
    for (const [index, layer] of this.layers.entries()) {
      const tar = gunzipSync(this.#blob(layer));
      if (digestOf(tar) !== this.config.rootfs.diff_ids[index])
        throw new Error(`layer ${index} is not what config says`);
      run("tar", "-xf", join(this.#directory, pathOf(layer)), "-C", this.root);
    }
  }

  #json(name: string): unknown {
    return JSON.parse(readFileSync(join(this.#directory, name), "utf8"));
  }

  #blob(descriptor: Descriptor): Buffer {
    const content = readFileSync(join(this.#directory, pathOf(descriptor)));
    if (content.length !== descriptor.size || digestOf(content) !== descriptor.digest)
      throw new Error(`the blob ${descriptor.digest} is another`);
    return content;
  }
}

export function pathOf({ digest }: Descriptor): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function digestOf(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
}
