import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Kind } from "#src/model/kind.ts";
import { type KubeObject, keyOf, type ObjectRef } from "#src/model/object.ts";
import type { FilePlace, NamedObject } from "#src/model/problem-place.ts";
import { wallMs } from "#src/process/clock.ts";
import type { Logger } from "#src/process/log.ts";
import { createWorkLoop, type WorkLoop } from "#src/process/work-loop.ts";
import { AliveFiles } from "./alive-files.ts";
import { DirectoryWatchers } from "./directory-watchers.ts";
import { EventFile } from "./event-file.ts";
import { FileTree, SETTLE_MS, type TreeChanges } from "./file-tree.ts";
import { folderMissing, watchRefused } from "./folder-problems.ts";
import { FolderView } from "./folder-view.ts";
import { type Leadership, SOLE_LEADER } from "#src/source/leadership.ts";
import { idOf } from "./manifest-files.ts";
import { patchOverlay } from "./overlay.ts";
import { ReportFiles } from "./report-files.ts";
import {
  type CreateResult,
  type NewObject,
  type PatchResult,
  REPORT_TOPICS,
  type ReportOptions,
  type ReportTopic,
  type Source,
  type SourceListener,
  type StatusPatch,
} from "#src/source/source.ts";
import type { EventRecord } from "#src/status/event-record.ts";
import { acceptsFile, acceptsName, meaningOf, createdPath } from "./status-path.ts";
import { StatusFiles } from "./status-files.ts";
import { writeWhole } from "./write-whole.ts";
import { printNewObject } from "./print-new-object.ts";

/** Changes of a burst (an editor's save, a checkout) come within this time; then they are one change. */
const DEBOUNCE_MS = 50;
/** The safety net: everything is looked at this often, whatever the watches said. */
const RESCAN_MS = 5_000;
/** So much later for each file: a look at one takes some 50 µs, so that all looks together take half a percent of a core. */
const RESCAN_MS_PER_FILE = 10;
/** What no watch tells, as of files that links lead to elsewhere, is found within this time. */
const LONGEST_RESCAN_MS = 30_000;
/** Where not all can be watched, that is how changes are found: often enough for a person who waits. */
const UNWATCHED_RESCAN_MS = 1_000;
/** How often a missing folder is looked for. */
const SEARCH_MS = 500;
/** An object that comes back within this time (an editor's save, a checkout) is the one that went, and keeps its status. */
const FORGET_MS = 1_000;
/** The link that Kubernetes swaps when a mounted ConfigMap changes; all links in the folder lead through it. */
const MOUNT_LINK = "..data";

export interface FolderSourceOptions {
  /** Holds manifests (*.yaml, *.yml, *.json), in folders or not. Hawser writes to `.hawser` in it. */
  readonly directory: string;
  readonly log: Logger;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly clock?: (() => number) | undefined;
  /** How long a change is waited for; 50 ms by default. */
  readonly debounceMs?: number | undefined;
  /** The reports of others that are read; all by default. Each of twenty speakers writes its own several times a second. */
  readonly topics?: readonly ReportTopic[] | undefined;
  /** Keep where objects and their values are written, as `parseManifests` does. Takes memory. Default false. */
  readonly keepsLines?: boolean;
}

/** A folder as a source of objects, which knows where each is written, if lines are kept. */
export interface PlacedSource extends Source {
  /** Where the manifest of an object begins. */
  placeOf(ref: NamedObject): FilePlace | undefined;
}

/**
 * A folder of manifests as the source of objects. Several programs may use one folder at once. A folder, a file or a
 * document that cannot be read is a Problem, and what it gave last stays until it can be read again or is gone.
 * While the folder is missing, `open` waits for it.
 *
 * Status lives in `.hawser/status/KIND/NAMESPACE/NAME.yaml` and wins over a `status` in the manifest. It goes with the
 * manifest: the program that patches a kind deletes the status files of objects that are gone, a second later while it
 * runs, otherwise before its first patch. So an object created again under the same name starts without a status, and cannot take
 * back an address that another one has by now.
 */
export function openFolderSource(options: FolderSourceOptions): PlacedSource {
  return new FolderSource(options);
}

class FolderSource implements PlacedSource {
  readonly #directory: string;
  readonly #debounceMs: number;
  readonly #keepsLines: boolean;
  readonly #topics: readonly ReportTopic[];
  readonly #nowMs: () => number;
  readonly #log: Logger;
  readonly #tree: FileTree;
  readonly #watchers: DirectoryWatchers;
  readonly #statuses: StatusFiles;
  readonly #reports: Readonly<Record<ReportTopic, ReportFiles>>;
  readonly #alive: AliveFiles;
  readonly #events: EventFile;
  readonly #work: WorkLoop;
  /** Kinds this program patches: it deletes the status of such objects when they go. */
  readonly #patched = new Set<Kind>();
  /** Those of them whose left-over status files are deleted. */
  readonly #swept = new Set<Kind>();
  readonly #opened = Promise.withResolvers<void>();
  #view: FolderView | undefined;
  /** Waiting to be forgotten, by id. */
  readonly #leaving = new Map<string, NodeJS.Timeout>();
  #removals: Promise<void> = Promise.resolve();
  #dirty: Set<string> | "all" = "all";
  readonly #removed: string[] = [];
  #young = new Set<string>();
  #debounce: NodeJS.Timeout | undefined;
  #settle: NodeJS.Timeout | undefined;
  #rescan: NodeJS.Timeout | undefined;
  #isWatched = true;
  #isClosed = false;

  constructor(options: FolderSourceOptions) {
    const { directory, log, clock: nowMs = wallMs, debounceMs = DEBOUNCE_MS, keepsLines = false } = options;
    const { topics = REPORT_TOPICS } = options;
    const root = resolve(directory);
    const acceptsIn = (parent: string, name: string): boolean => acceptsName(root, { parent, name, topics });
    this.#directory = root;
    this.#debounceMs = debounceMs;
    this.#keepsLines = keepsLines;
    this.#topics = topics;
    this.#nowMs = nowMs;
    this.#log = log;
    this.#tree = new FileTree({ root, acceptsName: acceptsIn, acceptsFile, nowMs });
    this.#watchers = new DirectoryWatchers({
      onDirty: (parent, name) => {
        if (name === undefined || name === MOUNT_LINK) this.#markSoon(parent);
        else if (acceptsIn(parent, name)) this.#markSoon(join(parent, name));
      },
      onRefused: (code) => {
        this.#isWatched = code === undefined;
        this.#view?.tell(`${root} (watch)`, code === undefined ? [] : [watchRefused(root, code)]);
      },
    });
    this.#statuses = new StatusFiles({ directory: root, nowMs });
    this.#reports = {
      report: new ReportFiles({ directory: root, topic: "report", nowMs }),
      member: new ReportFiles({ directory: root, topic: "member", nowMs }),
      history: new ReportFiles({ directory: root, topic: "history", nowMs }),
      capture: new ReportFiles({ directory: root, topic: "capture", nowMs }),
    };
    this.#alive = new AliveFiles(root);
    this.#events = new EventFile({ directory: root, log, nowMs });
    this.#work = createWorkLoop({ run: async () => this.#refresh(), log });
  }

  async open(kinds: readonly Kind[], listener: SourceListener): Promise<void> {
    if (this.#view !== undefined) throw new Error("this source is open already");
    this.#view = new FolderView({
      directory: this.#directory,
      kinds,
      listener,
      statuses: this.#statuses,
      reports: this.#reports,
      topics: this.#topics,
      tree: this.#tree,
      keepsLines: this.#keepsLines,
      onGone: (ref) => {
        if (this.#patched.has(ref.kind)) this.#forgetLater(ref);
      },
    });
    this.#work.mark();
    await this.#opened.promise;
  }

  list(kind: Kind): ReadonlyMap<string, KubeObject> {
    return this.#openView().list(kind);
  }

  get(kind: Kind, key: string): KubeObject | undefined {
    return this.list(kind).get(key);
  }

  placeOf(ref: NamedObject): FilePlace | undefined {
    return this.#view?.placeOf(ref);
  }

  has(kind: Kind): boolean {
    // It throws where the kind was not opened.
    this.list(kind);
    return true;
  }

  async follow(kind: Kind, keys: ReadonlySet<string>): Promise<void> {
    this.#openView().follow(kind, keys);
  }

  async patch(ref: ObjectRef, patch: StatusPatch): Promise<PatchResult> {
    const view = this.#openView();
    this.#take(ref.kind, view);
    await this.#removals;
    const id = idOf(ref);
    const manifest = view.manifest(ref);
    if (manifest === undefined || !view.list(ref.kind).has(keyOf(ref))) return "gone";
    const overlay = patchOverlay(manifest, this.#statuses.overlay(id), patch);
    if (overlay === undefined) return "unchanged";
    const isWritten = await this.#statuses.write(ref, this.#statuses.version(id), overlay);
    if (isWritten) view.publish([id]);
    this.#markSoon(this.#statuses.pathOf(ref));
    return isWritten ? "written" : "conflict";
  }

  async create(object: NewObject): Promise<CreateResult> {
    const view = this.#openView();
    const ref = { ...object.metadata, kind: object.kind };
    if (view.manifest(ref) !== undefined) return "exists";
    const path = createdPath(this.#directory, ref);
    const isWritten = await writeWhole(path, printNewObject(object), {
      stillWanted: async () => !(await exists(path)),
      durable: true,
      nowMs: this.#nowMs,
    });
    this.#markSoon(path);
    return isWritten ? "created" : "exists";
  }

  record(event: EventRecord): void {
    this.#events.record(event);
  }

  async report(name: string, value: Readonly<Record<string, unknown>>, options?: ReportOptions): Promise<void> {
    const topic = options?.topic ?? "report";
    await this.#reports[topic].write(name, value);
    if (topic === "report" && !this.#isClosed) await this.#alive.add(name);
  }

  reports(topic: ReportTopic = "report"): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    return this.#reports[topic].all();
  }

  lead(_election: string, onChange: (leads: boolean) => void): Leadership {
    void this.#opened.promise.then(() => this.#isClosed || onChange(true));
    return SOLE_LEADER;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of [this.#debounce, this.#settle, this.#rescan, ...this.#leaving.values()]) clearTimeout(timer);
    await this.#work.close();
    this.#watchers.close();
    this.#opened.resolve();
    const reports = Object.values(this.#reports).map(async (files) => files.close());
    await Promise.all([this.#events.close(), ...reports, this.#alive.close(), this.#removals]);
  }

  #openView(): FolderView {
    if (this.#view === undefined) throw new Error("this source is not open");
    return this.#view;
  }

  /** From the first patch of a kind on, its status files are ours: those left behind by objects long gone are deleted. */
  #take(kind: Kind, view: FolderView): void {
    this.#patched.add(kind);
    if (this.#swept.has(kind) || !view.isWhole()) return;
    this.#swept.add(kind);
    this.#remove(this.#statuses.ofKind(kind).filter((ref) => view.manifest(ref) === undefined));
  }

  #forgetLater(ref: ObjectRef): void {
    const id = idOf(ref);
    if (this.#isClosed || this.#leaving.has(id)) return;
    const forget = (): void => {
      this.#leaving.delete(id);
      if (this.#view?.manifest(ref) === undefined) this.#remove([ref]);
    };
    this.#leaving.set(id, setTimeout(forget, FORGET_MS));
  }

  #remove(refs: readonly ObjectRef[]): void {
    const removed = refs.map(async (ref) => this.#statuses.remove(ref));
    this.#removals = Promise.all([this.#removals, ...removed]).then(
      () => undefined,
      (error: unknown) => this.#log.warn({ err: error }, "cannot delete the status of an object that is gone"),
    );
  }

  /** The first change of a burst starts the wait, and later ones do not prolong it: a storm cannot put it off forever. */
  #markSoon(path: string): void {
    if (this.#isClosed) return;
    if (this.#dirty !== "all") this.#dirty.add(path);
    this.#debounce ??= setTimeout(() => {
      this.#debounce = undefined;
      this.#work.mark();
    }, this.#debounceMs);
  }

  #markAll(): void {
    this.#dirty = "all";
    this.#work.mark();
  }

  /** Brings the view up to the disk. */
  async #refresh(): Promise<void> {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    try {
      await this.#look(dirty, this.#openView());
    } catch (error) {
      this.#dirty = "all";
      throw error;
    }
  }

  async #look(dirty: Set<string> | "all", view: FolderView): Promise<void> {
    const look = await this.#lookTwice(dirty);
    if (look.rootFault !== undefined) {
      // The folder went while it was emptied: what is gone from it counts once it is back.
      this.#removed.push(...look.removed);
      for (const path of look.changed) this.#tree.again(path);
      view.tell(this.#directory, [folderMissing(this.#directory, look.rootFault)]);
      this.#rescanAfter(SEARCH_MS);
      return;
    }
    view.tell(this.#directory, []);
    // What happened in a new directory before it was watched is found by a second look.
    for (const path of this.#watchers.update(this.#tree.directories)) this.#markSoon(path);
    await view.take({ ...look, removed: [...this.#removed.splice(0), ...look.removed] }, look.isFull);
    this.#lookAgainAt(look.young);
    if (dirty === "all") this.#rescanAfter(this.#isWatched ? rescanMs(this.#tree.size) : UNWATCHED_RESCAN_MS);
    this.#opened.resolve();
  }

  /** When a manifest went, all is looked at once more: a file that moves was perhaps seen in neither place. */
  async #lookTwice(dirty: Set<string> | "all"): Promise<TreeChanges & { readonly isFull: boolean }> {
    const first = await this.#tree.look(dirty);
    const isGone = first.removed.some((path) => meaningOf(this.#directory, path)?.kind === "manifest");
    if (!isGone) return { ...first, isFull: dirty === "all" };
    const second = await this.#tree.look("all");
    const changed = [...new Set([...first.changed, ...second.changed])];
    return { ...second, changed, removed: [...first.removed, ...second.removed], isFull: true };
  }

  #rescanAfter(ms: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#rescan);
    this.#rescan = setTimeout(() => this.#markAll(), ms);
  }

  /** Young files, once they have settled. */
  #lookAgainAt(young: ReadonlySet<string>): void {
    for (const path of young) this.#young.add(path);
    if (this.#isClosed || this.#young.size === 0) return;
    this.#settle ??= setTimeout(() => {
      this.#settle = undefined;
      const paths = this.#young;
      this.#young = new Set();
      for (const path of paths) this.#markSoon(path);
    }, SETTLE_MS);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}

function rescanMs(files: number): number {
  return Math.min(LONGEST_RESCAN_MS, RESCAN_MS + RESCAN_MS_PER_FILE * files);
}
