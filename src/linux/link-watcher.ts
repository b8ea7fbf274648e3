import { setTimeout as delay } from "node:timers/promises";
import { type Link, linksOf } from "./link.ts";
import { LinkDumper, openLinkEvents } from "./link-dumper.ts";

export type { Link } from "./link.ts";

/** Least time between two dumps: the first event is acted on at once, a burst costs 50 dumps a second at most. */
const REST_MS = 20;
/** After a dump that failed. */
const RETRY_MS = 1_000;
/** A dump without any event, in case one was lost in a way that nobody noticed. */
const SLOW_DUMP_MS = 30_000;

/** Knows the links of this network namespace. */
export interface LinkWatcher {
  /** All links as last seen, by index. A new map after each change; never mutated. */
  links(): ReadonlyMap<number, Link>;
  /** Ends the watch: no call of `onChange` any more. A second call does nothing. */
  close(): void;
}

export interface LinkWatcherOptions {
  /** Called after a link or a usable address appeared, changed or went; not for the first dump. */
  onChange(links: ReadonlyMap<number, Link>): void;
  /** A failed dump or event socket; the watch goes on and tries again. */
  onError?(error: Error): void;
}

/**
 * Watches links and addresses by netlink; needs no privilege. Resolves when the first dump is in `links()`; rejects
 * with an Error with `syscall` and `code` if that fails. Events only say that a new dump is due.
 */
export async function openLinkWatcher(options: LinkWatcherOptions): Promise<LinkWatcher> {
  const watcher = new NetlinkLinkWatcher(options);
  try {
    await watcher.open();
    return watcher;
  } catch (error) {
    watcher.close();
    throw error;
  }
}

class NetlinkLinkWatcher implements LinkWatcher {
  readonly #options: LinkWatcherOptions;
  readonly #resources: DisposableStack;
  readonly #dumper: LinkDumper;
  #links: ReadonlyMap<number, Link> = new Map();
  #isStale = false;
  #isDumping = false;

  constructor(options: LinkWatcherOptions) {
    this.#options = options;
    using resources = new DisposableStack(); // closes the first if the second does not open
    this.#dumper = resources.use(new LinkDumper());
    const onEvent = (): void => this.#markStale();
    resources.use(openLinkEvents({ onEvent, onError: (error) => options.onError?.(error) }));
    const timer = setInterval(onEvent, SLOW_DUMP_MS);
    resources.defer(() => clearInterval(timer));
    this.#resources = resources.move();
  }

  links(): ReadonlyMap<number, Link> {
    return this.#links;
  }

  close(): void {
    this.#resources.dispose();
  }

  /** The first dump; events that come meanwhile make a second one. */
  async open(): Promise<void> {
    this.#isDumping = true;
    let isConsistent = false;
    while (!isConsistent) isConsistent = await this.#dump();
    this.#isDumping = false;
    if (this.#isStale) this.#markStale();
  }

  /** True if the dump was consistent and is in `links()` now. One that is not could lack a link that is there. */
  async #dump(): Promise<boolean> {
    const { messages, isConsistent } = await this.#dumper.dump();
    if (isConsistent) this.#links = linksOf(messages, this.#links);
    return isConsistent;
  }

  #markStale(): void {
    this.#isStale = true;
    if (!this.#isDumping) void this.#dumpWhileStale();
  }

  async #dumpWhileStale(): Promise<void> {
    this.#isDumping = true;
    while (this.#isStale && !this.#resources.disposed) {
      const before = this.#links;
      const restMs = await this.#refresh();
      if (this.#links !== before && !this.#resources.disposed) this.#options.onChange(this.#links);
      await delay(restMs, undefined, { ref: false });
    }
    this.#isDumping = false;
  }

  /** One dump, its failure reported; returns how long to rest before the next one. */
  async #refresh(): Promise<number> {
    this.#isStale = false;
    try {
      this.#isStale = !(await this.#dump()) || this.#isStale;
      return REST_MS;
    } catch (error) {
      if (this.#resources.disposed) return 0;
      this.#isStale = true;
      this.#options.onError?.(error as Error);
      return RETRY_MS;
    }
  }
}
