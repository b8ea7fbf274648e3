import { readFile } from "node:fs/promises";
import type { Kind } from "#src/model/kind.ts";
import { type KubeObject, keyOf, type ObjectRef } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { FilePlace, NamedObject } from "#src/model/problem-place.ts";
import type { FileTree, TreeChanges } from "./file-tree.ts";
import { pathUnreadable, statusBroken } from "./folder-problems.ts";
import { idOf, ManifestFiles } from "./manifest-files.ts";
import { layOver } from "./overlay.ts";
import type { ReportFiles } from "./report-files.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import type { ReportTopic, SourceListener } from "#src/source/source.ts";
import { meaningOf } from "./status-path.ts";
import type { StatusFiles } from "./status-files.ts";
import type { Overlay } from "./print-status-file.ts";

/** Files read at once. */
const PARALLEL = 16;

export interface FolderViewOptions {
  readonly directory: string;
  readonly kinds: readonly Kind[];
  readonly listener: SourceListener;
  readonly statuses: StatusFiles;
  readonly reports: Readonly<Record<ReportTopic, ReportFiles>>;
  /** Those of which `tree` has the reports. */
  readonly topics: readonly ReportTopic[];
  readonly tree: FileTree;
  readonly keepsLines: boolean;
  /** The last manifest of an object that has a status file went. */
  onGone(ref: ObjectRef): void;
}

/** What a listed object was made of: the same parts make the same object. */
interface Listed {
  readonly manifest: KubeObject;
  readonly overlay: Overlay;
  readonly version: string;
}

/** The objects of a folder as programs see them: manifests with status laid over, kept up to date by file. */
export class FolderView {
  readonly #options: FolderViewOptions;
  readonly #manifests: ManifestFiles;
  readonly #objects: Map<Kind, ReadonlyMap<string, KubeObject>>;
  /** The keys that are shown of a kind, where not all are. */
  readonly #followed = new Map<Kind, ReadonlySet<string>>();
  readonly #listed = new Map<string, Listed>();
  readonly #faults = new Map<string, Problem>();
  readonly #told = new ToldOnce();
  /** The places that an error was reported of. */
  readonly #broken = new Set<string>();

  constructor(options: FolderViewOptions) {
    this.#options = options;
    this.#manifests = new ManifestFiles({ keepsLines: options.keepsLines });
    this.#objects = new Map(options.kinds.map((kind) => [kind, new Map()]));
  }

  list(kind: Kind): ReadonlyMap<string, KubeObject> {
    const objects = this.#objects.get(kind);
    if (objects === undefined) throw new Error(`this source was not opened for ${kind}`);
    return objects;
  }

  /** Shows these objects of a kind, and no others. */
  follow(kind: Kind, keys: ReadonlySet<string>): void {
    const before = this.#followed.get(kind) ?? new Set<string>();
    if (this.#followed.get(kind) === undefined && this.#objects.has(kind))
      throw new Error(`this source shows all objects of kind ${kind}`);
    this.#followed.set(kind, keys);
    if (!this.#objects.has(kind)) this.#objects.set(kind, new Map());
    this.publish([...before.symmetricDifference(keys)].map((key) => `${kind}/${key}`));
  }

  /** The object as its manifest has it. */
  manifest(ref: ObjectRef): KubeObject | undefined {
    return this.#manifests.get(idOf(ref));
  }

  /** Where the manifest of an object is; undefined where lines are not kept. */
  placeOf(ref: NamedObject): FilePlace | undefined {
    return this.#manifests.placeOf(idOf(ref));
  }

  /** False while some file or document cannot be read: then an object without a manifest may yet have one. */
  isWhole(): boolean {
    return this.#broken.size === 0;
  }

  /** Takes in what a look at the disk found. `isFull`: everything was looked at. */
  async take(look: TreeChanges, isFull: boolean): Promise<void> {
    const { tree, statuses, reports, topics, directory } = this.#options;
    const { changed, removed, faults, young } = look;
    const paths = new Set([...changed, ...removed, ...faults.keys(), ...(isFull ? this.#faults.keys() : [])]);
    for (const path of paths) this.#faults.delete(path);
    for (const [path, fault] of faults) this.#faults.set(path, pathUnreadable(path, fault));
    // What we wrote, and what was deleted before it was ever looked at.
    const known = isFull ? [...statuses.paths(), ...topics.flatMap((topic) => reports[topic].paths())] : [];
    const lost = known.filter((path) => !tree.has(path));
    const ids = new Set<string>(removed.flatMap((path) => [...this.#manifests.delete(path)]));
    const read = [...changed, ...lost, ...removed.filter((path) => meaningOf(directory, path)?.kind !== "manifest")];
    for (let start = 0; start < read.length; start += PARALLEL) {
      const some = read.slice(start, start + PARALLEL);
      const touched = await Promise.all(some.map(async (path) => this.#read(path, young.has(path))));
      for (const id of touched.flat()) ids.add(id);
    }
    for (const id of ids) for (const path of this.#manifests.holders(id)) paths.add(path);
    for (const path of paths) this.tell(path, this.#problemsOf(path));
    this.publish(ids);
  }

  /** Makes the lists show what the files say of these objects, and notifies the listener of those that differ. */
  publish(ids: Iterable<string>): void {
    const next = new Map<Kind, Map<string, KubeObject>>();
    const refs: ObjectRef[] = [];
    for (const id of ids) {
      const ref = this.#update(id, next);
      if (ref !== undefined) refs.push(ref);
    }
    const { listener } = this.#options;
    for (const [kind, objects] of next) this.#objects.set(kind, objects);
    if (refs.length > 0) listener.onChange(refs);
  }

  /** Reports problems of one place, if they are not those reported last. */
  tell(where: string, problems: readonly Problem[]): void {
    const texts = problems.map((problem) => JSON.stringify(problem));
    if (!this.#told.isNews(where, texts)) return;
    if (problems.some(({ severity }) => severity === "error")) this.#broken.add(where);
    else this.#broken.delete(where);
    this.#options.listener.onProblems(where, problems);
  }

  #problemsOf(path: string): readonly Problem[] {
    const fault = this.#faults.get(path);
    return fault === undefined ? this.#manifests.problems(path) : [fault];
  }

  /** Reads one file by its meaning. Returns the ids it touches. */
  async #read(path: string, isYoung: boolean): Promise<readonly string[]> {
    const meaning = meaningOf(this.#options.directory, path);
    try {
      switch (meaning?.kind) {
        case "manifest":
          return [...this.#manifests.set(path, await readFile(path, "utf8"), isYoung)];
        case "status":
          return await this.#readStatus(path, meaning.ref);
        case "report":
          if (await this.#options.reports[meaning.topic].read(meaning.name)) this.#options.listener.onReports?.();
          return [];
        case undefined:
          return [];
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#options.tree.again(path);
      // Gone since the look: the next one reports it.
      if (code !== "ENOENT") this.#faults.set(path, pathUnreadable(path, code ?? message));
    }
    return [];
  }

  async #readStatus(path: string, ref: ObjectRef): Promise<readonly string[]> {
    const fault = await this.#options.statuses.read(ref);
    if (fault !== undefined) this.#faults.set(path, statusBroken(path, fault));
    return [idOf(ref)];
  }

  /** The object's ref if it is listed differently now; `next` collects the new lists. */
  #update(id: string, next: Map<Kind, Map<string, KubeObject>>): ObjectRef | undefined {
    const { statuses, onGone } = this.#options;
    const before = this.#listed.get(id);
    const written = this.#manifests.get(id);
    const manifest = written !== undefined && this.#isShown(written) ? written : undefined;
    const named = manifest ?? before?.manifest;
    if (named === undefined || !this.#objects.has(named.kind)) return undefined;
    const ref = { kind: named.kind, namespace: named.metadata.namespace, name: named.metadata.name };
    const objects = next.get(ref.kind) ?? new Map(this.#objects.get(ref.kind));
    next.set(ref.kind, objects);
    if (manifest === undefined) {
      this.#listed.delete(id);
      objects.delete(keyOf(ref));
      if (written === undefined) onGone(ref);
      return ref;
    }
    const overlay = statuses.overlay(id);
    const version = statuses.version(id);
    if (before?.manifest === manifest && before.overlay === overlay && before.version === version) return undefined;
    this.#listed.set(id, { manifest, overlay, version });
    objects.set(keyOf(ref), layOver(manifest, overlay, version));
    return ref;
  }

  #isShown({ kind, metadata }: KubeObject): boolean {
    return this.#followed.get(kind)?.has(keyOf(metadata)) ?? true;
  }
}
