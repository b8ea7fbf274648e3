import { setTimeout as delay } from "node:timers/promises";
import { RtnetlinkDumper } from "./rtnetlink-dumper.ts";
import { openRtnetlinkEvents } from "./rtnetlink-events.ts";
import { monotonicMs } from "#src/process/clock.ts";

/** After a dump that failed. */
const RETRY_MS = 1_000;
/** A dump without any event, in case one was lost unnoticed. */
const SLOW_DUMP_MS = 30_000;
/** After a dump a rest of so many times its length: one of a hundred thousand routes takes a while. */
const REST_FACTOR = 10;

/** Knows what the kernel has of one kind. */
export interface RtnetlinkWatcher<T> {
  /** As last seen; the same value until it changes. */
  value(): T;
  /** Ends the watch: `onChange` is no longer called. A second call does nothing. */
  close(): void;
}

export interface RtnetlinkWatcherOptions<T> {
  /** RTMGRP_* of rtnetlink(7): events of these mean that a new dump is due. */
  readonly groups: number;
  /** See `RtnetlinkDumper`. Default false. */
  readonly isStrict?: boolean;
  /** Least time between two dumps. */
  readonly restMs: number;
  /** The value before the first dump. */
  readonly none: T;
  /** Asks the kernel; returns the value given if nothing changed, and undefined if the dump was not consistent. */
  dump(dumper: RtnetlinkDumper, before: T): Promise<T | undefined>;
  /** Called after each change; not for the first dump. */
  onChange(value: T): void;
  /** A failed dump or event socket; the watch goes on and tries again. */
  onError?(error: Error): void;
}

/**
 * Watches one kind of thing by netlink; needs no privilege. Resolves when the first dump is in `value()`; rejects with an
 * Error with `syscall` and `code` if that fails. Events only say that a new dump is due.
 */
export async function watchRtnetlink<T>(options: RtnetlinkWatcherOptions<T>): Promise<RtnetlinkWatcher<T>> {
  const watcher = new Watcher(options);
  try {
    await watcher.open();
    return watcher;
  } catch (error) {
    watcher.close();
    throw error;
  }
}

class Watcher<T> implements RtnetlinkWatcher<T> {
  readonly #options: RtnetlinkWatcherOptions<T>;
  readonly #resources: DisposableStack;
  readonly #dumper: RtnetlinkDumper;
  #value: T;
  #isStale = false;
  #isDumping = false;

  constructor(options: RtnetlinkWatcherOptions<T>) {
    this.#options = options;
    this.#value = options.none;
    using resources = new DisposableStack(); // closes the first if the second does not open
    this.#dumper = resources.use(new RtnetlinkDumper({ isStrict: options.isStrict === true }));
    const onEvent = (): void => this.#markStale();
    const onError = (error: Error): void => options.onError?.(error);
    resources.use(openRtnetlinkEvents({ groups: options.groups, onEvent, onError }));
    const timer = setInterval(onEvent, SLOW_DUMP_MS);
    resources.defer(() => clearInterval(timer));
    this.#resources = resources.move();
  }

  value(): T {
    return this.#value;
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

  /** True if the dump was consistent and is in `value()` now. One that is not could lack an entry that is there. */
  async #dump(): Promise<boolean> {
    const dumped = await this.#options.dump(this.#dumper, this.#value);
    if (dumped !== undefined) this.#value = dumped;
    return dumped !== undefined;
  }

  #markStale(): void {
    this.#isStale = true;
    if (!this.#isDumping) void this.#dumpWhileStale();
  }

  async #dumpWhileStale(): Promise<void> {
    this.#isDumping = true;
    while (this.#isStale && !this.#resources.disposed) {
      const before = this.#value;
      const restMs = await this.#refresh();
      if (this.#value !== before && !this.#resources.disposed) this.#options.onChange(this.#value);
      await delay(restMs, undefined, { ref: false });
    }
    this.#isDumping = false;
  }

  /** One dump, its failure reported; returns how long to rest before the next one. */
  async #refresh(): Promise<number> {
    this.#isStale = false;
    const startMs = monotonicMs();
    try {
      this.#isStale = !(await this.#dump()) || this.#isStale;
      return Math.max(this.#options.restMs, (monotonicMs() - startMs) * REST_FACTOR);
    } catch (error) {
      if (this.#resources.disposed) return 0;
      this.#isStale = true;
      this.#options.onError?.(error as Error);
      return RETRY_MS;
    }
  }
}
