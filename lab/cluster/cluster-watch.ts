import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterApi } from "./cluster-api.ts";

/** Between a list or watch that failed and the next. */
const RETRY_MS = 200;

interface ListedObject {
  readonly metadata?: { readonly uid?: string; readonly resourceVersion?: string };
}

interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

/** All objects of a path, as the API server reports them: a list, then a watch, again and again until closed. */
export class ClusterWatch<T extends ListedObject> {
  readonly #api: ClusterApi;
  /** The collection with its selectors: `/api/v1/pods?fieldSelector=spec.nodeName%3Dn1`. */
  readonly #path: string;
  readonly #onChange: () => void;
  readonly #objects = new Map<string, T>();
  readonly #closing = new AbortController();
  readonly #listed = Promise.withResolvers<void>();
  readonly #ended: Promise<void>;

  constructor(api: ClusterApi, path: string, onChange: () => void) {
    this.#api = api;
    this.#path = path;
    this.#onChange = onChange;
    this.#ended = this.#follow();
  }

  /** By uid. */
  get objects(): ReadonlyMap<string, T> {
    return this.#objects;
  }

  /** Resolves when all that there is now is in `objects`. */
  get listed(): Promise<void> {
    return this.#listed.promise;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const version = await this.#list();
        const query = `watch=1&resourceVersion=${version}`;
        const path = `${this.#path}${this.#path.includes("?") ? "&" : "?"}${query}`;
        await this.#api.watch(path, (event) => this.#take(event as WatchEvent<T>), signal);
      } catch {
        // The API server is away, or our network is: what is known stays.
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #list(): Promise<string> {
    const list = await this.#api.must<{ metadata: { resourceVersion: string }; items: T[] }>({ path: this.#path });
    if (this.#closing.signal.aborted) return "";
    this.#objects.clear();
    for (const object of list.items) this.#objects.set(object.metadata?.uid ?? "", object);
    this.#listed.resolve();
    this.#onChange();
    return list.metadata.resourceVersion;
  }

  #take({ type, object }: WatchEvent<T>): void {
    if (type === "ERROR") throw new Error("the watch is over");
    if (this.#closing.signal.aborted || type === "BOOKMARK") return;
    const uid = object.metadata?.uid ?? "";
    if (type === "DELETED") this.#objects.delete(uid);
    else this.#objects.set(uid, object);
    this.#onChange();
  }
}
