import { setImmediate as turn } from "node:timers/promises";
import type { ApiClient } from "#src/source/kubernetes/api/client.ts";
import { type FailedOutcome, errorOfOutcome } from "#src/source/kubernetes/api/outcome.ts";
import { afterPause, backOffMs, pause, type Timing } from "#src/source/kubernetes/api/timing.ts";
import { spreadMs } from "#src/process/back-off.ts";
import type { Optional } from "./optional.ts";
import { PAGE_SIZE, pagePath, withQuery } from "./page-path.ts";
import { type ObjectName, ObjectStore, type StoredObject } from "./object-store.ts";
import { Departures } from "./departures.ts";
import { compareVersions, type Identity, identityOf } from "./read-api-object.ts";
import { type ListPage, readListPage } from "./read-list-page.ts";
import { identityInLine, readWatchLine, type WatchLine } from "./watch-line.ts";
import { silence, watchSilence } from "./watch-silence.ts";

/** How long the server is asked to keep a watch open: spread, so that a hundred nodes do not come back at once. */
const WATCH_SECONDS = { min: 300, max: 600 } as const;
/** A pause before a watch that ended well is opened again; the half of it is left to chance. */
const REOPEN_MS = 200;
/** After so many answers in a row that refuse the watch a list is tried: the version it starts from may be the cause. */
const REFUSALS_BEFORE_LIST = 3;
/** A watch that lived this long counts as a success. */
const STEADY_MS = 5_000;
/** After so many answers in a row that there is no such kind, objects that were known are gone: one answer may be a slip. */
const MISSING_BEFORE_ABSENT = 2;
/** Between two of them, half of it left to chance. */
const ASK_AGAIN_MS = 1_000;

/** What a reflector tells. */
export interface ReflectorListener {
  /** These objects are not what they were. */
  onChange(changed: readonly ObjectName[]): void;
  /** It cannot list or watch, and tries again: told at each failure, with their number. */
  onFailure(error: NodeJS.ErrnoException, failures: number): void;
  /** It lists and watches. */
  onWell(): void;
  /** The server sent a line that is not an event. */
  onUnknownLine(line: string): void;
}

export interface ReflectorOptions<T extends StoredObject> {
  readonly client: ApiClient;
  readonly timing: Timing;
  readonly path: string;
  /** Selectors. */
  readonly query: Readonly<Record<string, string>>;
  /** Whether `read` shall see `metadata.managedFields`; default false. */
  readonly keepsManagedFields?: boolean | undefined;
  /** Reads an object; undefined: it cannot be used. */
  read(json: unknown): T | undefined;
  readonly listener: ReflectorListener;
  /** The first list begins when this has resolved; at once by default. */
  readonly begin?: Promise<void> | undefined;
  /** Given for an optional kind. Then 404 means that there is none of it, and what may not be read (403) is not waited for, unless it protects something. */
  readonly optional?: Optional | undefined;
}

/**
 * Keeps a copy of one collection: lists it in pages, then watches. A cut watch goes on where it was; one that the
 * server no longer can (410 Gone) is followed by a new list, and what is known stays until that is whole.
 */
export class Reflector<T extends StoredObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #store = new ObjectStore<T>();
  readonly #closing = new AbortController();
  readonly #listed = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  /** Those that wait for a list that begins after they asked. */
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #recall = new AbortController();
  #resourceVersion = "";
  #needsList = true;
  /** The server may have lost its memory meanwhile. A watch would not show it: one from a version yet to come is merely silent. */
  #isInDoubt = false;
  #failures = 0;
  #refusals = 0;
  /** How often a watch was too old (410) since the last one that was not. */
  #expired = 0;
  /** How often in a row the server said that there is no such kind. */
  #missing = 0;
  /** Undefined: neither was seen yet. */
  #isPresent: boolean | undefined;
  /** Of an optional kind: the objects that are gone, as long as it is not clear whether the kind goes with them. */
  readonly #departures: Departures | undefined;
  #isGoing = false;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#departures = options.optional && this.#watchDepartures(options.optional);
    this.#running = this.#run();
  }

  /** Resolves when the first list is whole, or the reflector closed. */
  get listed(): Promise<void> {
    return this.#listed.promise;
  }

  snapshot(): ReadonlyMap<string, T> {
    return this.#store.snapshot();
  }

  /** One object as last seen. */
  value(key: string): T | undefined {
    return this.#store.value(key);
  }

  /** Whether the cluster has the kind, as seen last; false while that is not known. */
  get isPresent(): boolean {
    return this.#isPresent === true;
  }

  /** Lists again, at once: resolves when all that was written before the call is in `snapshot()`, or at the close. */
  async relist(): Promise<void> {
    const listed = Promise.withResolvers<void>();
    this.#waiting.push(listed);
    this.#interrupt("a new list is wanted");
    if (this.#closing.signal.aborted) listed.resolve();
    await listed.promise;
  }

  /** Takes the answer to a write of ours, if the object is here still: the watch brings it again, too late for a reader that looks now. */
  take(json: unknown): void {
    const identity = identityOf(json);
    const before = identity && this.#store.value(identity.key);
    if (before === undefined || (before.metadata.uid ?? "") !== identity?.uid) return;
    if (this.#store.put(identity, () => this.#options.read(json))) this.#options.listener.onChange([identity]);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    for (const one of [this.#listed, ...this.#waiting]) one.resolve();
  }

  async #run(): Promise<void> {
    const { timing, listener, begin, optional } = this.#options;
    await begin;
    while (!this.#closing.signal.aborted) {
      const recall = this.#recall.signal;
      const asked = this.#waiting.length;
      try {
        if (this.#isGoing && optional !== undefined) {
          await this.#leave(optional, asked);
          continue;
        }
        if (this.#needsList || asked > 0) {
          await this.#list();
          this.#isInDoubt = false;
        }
        this.#needsList = false;
        this.#answer(asked);
        if (this.#isInDoubt) this.#refusePast(await this.#page(1, ""));
        this.#isInDoubt = false;
        // Since the top of the loop: a watch that begins now would not be ended.
        if (recall.aborted) continue;
        await this.#watch();
        await pause(timing, (REOPEN_MS / 2) * (1 + timing.chance()), this.#untilRecalled());
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (recall.aborted) continue;
        if (optional !== undefined && (await this.#rested(optional, error, asked))) continue;
        this.#isInDoubt = true;
        if (!isExpired(error)) listener.onFailure(error as NodeJS.ErrnoException, ++this.#failures);
        const failures = isExpired(error) ? this.#expired - 1 : this.#failures;
        await pause(timing, backOffMs(failures, timing.chance()), this.#untilRecalled());
      }
    }
  }

  /** Those that asked for a list that began by now have it. */
  #answer(asked: number): void {
    for (const one of [this.#listed, ...this.#waiting.splice(0, asked)]) one.resolve();
  }

  /** Waits as long as an optional kind needs that is not there or may not be read. False: the error is another one. */
  async #rested(optional: Optional, error: unknown, asked: number): Promise<boolean> {
    const { timing, listener } = this.#options;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "HTTP_403" && (await optional.mayExist())) {
      listener.onFailure(error as NodeJS.ErrnoException, ++this.#failures);
      this.#isInDoubt = true;
      if (!optional.isProtecting || this.#isPresent !== undefined) this.#answer(asked);
      await optional.sought(this.#untilRecalled());
      return true;
    }
    if (code !== "HTTP_404" && code !== "HTTP_403") return false;
    this.#needsList = true;
    this.#missing += 1;
    if (this.#isPresent === true && this.#missing < MISSING_BEFORE_ABSENT) {
      await pause(timing, spreadMs(ASK_AGAIN_MS, timing.chance()), this.#untilRecalled());
      return true;
    }
    await this.#leave(optional, asked);
    return true;
  }

  /** There is no such kind, or soon there is none: waits until it is to be looked for again. */
  async #leave(optional: Optional, asked: number): Promise<void> {
    this.#isGoing = false;
    this.#needsList = true;
    this.#empty(optional);
    this.#answer(asked);
    await optional.sought(this.#untilRecalled());
  }

  /** Before the API server removes a kind, it deletes the objects one by one. */
  #watchDepartures(optional: Optional): Departures {
    return new Departures({
      timing: this.#options.timing,
      signal: this.#closing.signal,
      isGoing: async () => optional.isGoing(),
      onRefused: () => optional.onRefused(),
      onGoing: () => {
        this.#isGoing = true;
        this.#interrupt("the kind is being removed");
      },
      onGone: (gone) => {
        const changed = gone.filter((identity) => this.#store.delete(identity));
        if (changed.length > 0) this.#options.listener.onChange(changed);
      },
    });
  }

  /** There is no such kind: nothing of it is left, and nothing is wrong. */
  #empty(optional: Optional): void {
    const gone = this.#store.retain(new Set());
    this.#departures?.clear();
    this.#resourceVersion = "";
    this.#isInDoubt = false;
    this.#well();
    if (this.#isPresent !== false) {
      this.#isPresent = false;
      optional.onPresence(false);
    }
    if (gone.length > 0) this.#options.listener.onChange(gone);
  }

  async #list(): Promise<void> {
    const keys = new Set<string>();
    const changed: ObjectName[] = [];
    let coming = this.#page(PAGE_SIZE, "");
    for (let isLast = false; !isLast;) {
      const page = await coming;
      if (page === undefined) {
        // The snapshot of the pages was compacted away between two of them: the whole at once.
        coming = this.#page(0, "");
        keys.clear();
        continue;
      }
      this.#refusePast(page);
      isLast = page.next === "";
      if (!isLast) {
        coming = this.#page(PAGE_SIZE, page.next);
        coming.catch(() => undefined);
        // Once that is sent the server makes the next page while this one is read.
        await turn();
      }
      for (const item of page.items) this.#takeItem(item, keys, changed);
      if (isLast) this.#resourceVersion = page.version;
    }
    if (this.#departures === undefined) changed.push(...this.#store.retain(keys));
    else this.#departures.add(this.#store.missing(keys, this.#resourceVersion));
    this.#well();
    this.#missing = 0;
    if (this.#isPresent !== true) {
      this.#isPresent = true;
      this.#options.optional?.onPresence(true);
    }
    if (changed.length > 0) this.#options.listener.onChange(changed);
  }

  #takeItem(item: unknown, keys: Set<string>, changed: ObjectName[]): void {
    const identity = identityOf(item);
    if (identity === undefined) return;
    keys.add(identity.key);
    if (this.#store.put(identity, () => this.#options.read(item))) changed.push(identity);
  }

  /** One page, or undefined where its snapshot is no longer there; a limit of 0 is the whole. */
  async #page(limit: number, next: string): Promise<ListPage | undefined> {
    const { client, path, keepsManagedFields } = this.#options;
    const outcome = await client.request({
      method: "GET",
      path: pagePath(this.#options, { limit, next }),
      keepsManagedFields,
      signal: this.#closing.signal,
    });
    if (outcome.kind === "expired" && next !== "") return undefined;
    if (outcome.kind !== "ok") throw errorOfOutcome(`list ${path}`, outcome);
    return readListPage(outcome.body);
  }

  /** An API server whose versions are older than what it told us lost its memory: we do not throw ours away for it. */
  #refusePast(page: ListPage | undefined): void {
    const version = page?.version ?? "";
    if (this.#resourceVersion === "" || compareVersions(version, this.#resourceVersion) >= 0) return;
    const message = `the API server is at version ${version}, and was at ${this.#resourceVersion}`;
    throw Object.assign(new Error(message), { code: WENT_BACK });
  }

  async #watch(): Promise<void> {
    const { client, path, query, keepsManagedFields, timing } = this.#options;
    const { min, max } = WATCH_SECONDS;
    const [stalled, done] = [new AbortController(), new AbortController()];
    const heard = watchSilence(timing, done.signal, () => stalled.abort(silence()));
    const parameters = {
      ...query,
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: this.#resourceVersion,
      timeoutSeconds: String(Math.round(min + (max - min) * timing.chance())),
    };
    try {
      const outcome = await client.watch({
        path: withQuery(path, parameters),
        keepsManagedFields,
        signal: AbortSignal.any([this.#untilRecalled(), stalled.signal]),
        // A watch that has lived for a while is well, even where nothing happens.
        onStart: () => void afterPause(timing, STEADY_MS, { signal: done.signal, run: () => this.#well() }),
        onLines: (lines) => {
          heard();
          this.#takeLines(lines);
        },
      });
      if (outcome.kind === "ok") this.#well();
      else this.#refused(outcome);
    } finally {
      done.abort();
    }
  }

  #refused(outcome: FailedOutcome): void {
    if (outcome.kind === "expired") this.#expired += 1;
    else this.#refusals += 1;
    if (outcome.kind === "expired" || this.#refusals >= REFUSALS_BEFORE_LIST) this.#needsList = true;
    throw errorOfOutcome(`watch ${this.#options.path}`, outcome);
  }

  #takeLines(lines: readonly string[]): void {
    const changed: ObjectName[] = [];
    for (const line of lines) {
      const identity = identityInLine(line);
      const isKnown = identity !== undefined && this.#store.has(identity);
      const read = isKnown ? ({ kind: "known", identity } as const) : readWatchLine(line);
      if (read === undefined) this.#options.listener.onUnknownLine(line);
      else this.#takeLine(read, changed);
    }
    if (changed.length > 0) this.#options.listener.onChange(changed);
  }

  #takeLine(line: WatchLine | KnownLine, changed: ObjectName[]): void {
    switch (line.kind) {
      case "error":
        return this.#refused(line.refusal);
      case "bookmark":
      case "known":
        break;
      case "deleted":
        if (this.#departures !== undefined) this.#departures.add([line.identity]);
        else if (this.#store.delete(line.identity)) changed.push(line.identity);
        break;
      case "put":
        if (this.#store.put(line.identity, () => this.#options.read(line.object))) changed.push(line.identity);
        break;
    }
    this.#expired = 0;
    this.#well();
    this.#resourceVersion = line.identity.resourceVersion;
  }

  #interrupt(why: string): void {
    this.#recall.abort(new Error(why));
    this.#recall = new AbortController();
  }

  /** Aborts at the close, and when a list is wanted at once. */
  #untilRecalled(): AbortSignal {
    return AbortSignal.any([this.#closing.signal, this.#recall.signal]);
  }

  #well(): void {
    this.#failures = 0;
    this.#refusals = 0;
    this.#options.listener.onWell();
  }
}

/** A line that tells nothing new. */
interface KnownLine {
  readonly kind: "known";
  readonly identity: Identity;
}

function isExpired(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "HTTP_410";
}

/** The code of the error of a server that went back in time. */
export const WENT_BACK = "WENT_BACK";
