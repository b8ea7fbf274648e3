import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { V1Container, V1Volume } from "@kubernetes/client-node";
import type { Objects } from "./objects.ts";
import type { PodFacts } from "./pod-facts.ts";
import { type Files, filesOf } from "./files-of.ts";
import type { Mount } from "./mounts.ts";

/** The volumes of one pod, as folders below one of its own. */
export class Volumes {
  readonly #directory: string;
  readonly #facts: PodFacts;
  readonly #objects: Objects;
  readonly #written = new Map<string, string>();
  #versions = 0;

  constructor(directory: string, facts: PodFacts, objects: Objects) {
    this.#directory = directory;
    this.#facts = facts;
    this.#objects = objects;
  }

  /** Writes all files as they should be now; each volume changes as a whole. Rejects where a Secret or the like is missing. */
  async write(): Promise<void> {
    for (const volume of this.#facts.pod.spec?.volumes ?? []) await this.#write(volume);
  }

  async #write(volume: V1Volume): Promise<void> {
    const folder = this.#folderOf(volume);
    const files = await filesOf(volume, { facts: this.#facts, objects: this.#objects });
    if (files === undefined) {
      if (volume.emptyDir !== undefined) mkdirSync(folder, { recursive: true });
      else if (volume.hostPath === undefined) throw new Error(`volume ${volume.name} is of a kind not played here`);
      return;
    }
    const stamp = stampOf(files);
    if (this.#written.get(volume.name) === stamp) return;
    this.#replace(folder, files);
    this.#written.set(volume.name, stamp);
  }

  /** As a kubelet does it: a reader through the link `..data` sees all old files or all new ones. */
  #replace(folder: string, files: Files): void {
    const version = `..${++this.#versions}`;
    mkdirSync(join(folder, version), { recursive: true });
    for (const [path, bytes] of files) {
      const file = join(folder, version, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes, { mode: 0o644 });
      const [top = ""] = path.split("/");
      rmSync(join(folder, top), { force: true });
      symlinkSync(join("..data", top), join(folder, top));
    }
    symlinkSync(version, join(folder, "..new"));
    renameSync(join(folder, "..new"), join(folder, "..data"));
    for (const old of readdirSync(folder).filter((name) => /^\.\.\d+$/.test(name) && name !== version)) {
      rmSync(join(folder, old), { recursive: true });
    }
  }

  /** What a container sees of them. */
  mountsOf({ volumeMounts = [] }: V1Container): readonly Mount[] {
    return volumeMounts.map(({ name, mountPath, subPath = "", subPathExpr }) => {
      const volume = this.#facts.pod.spec?.volumes?.find((one) => one.name === name);
      if (volume === undefined) throw new Error(`there is no volume ${name}`);
      if (subPathExpr !== undefined) throw new Error("subPathExpr is not played here");
      return { source: join(volume.hostPath?.path ?? this.#folderOf(volume), subPath), target: mountPath };
    });
  }

  #folderOf({ name }: V1Volume): string {
    return join(this.#directory, "volumes", name);
  }
}

function stampOf(files: Files): string {
  const hash = createHash("sha256");
  for (const [path, bytes] of files) hash.update(`${path} ${bytes.length}\n`).update(bytes);
  return hash.digest("hex");
}
