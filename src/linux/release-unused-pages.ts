import { loadNative } from "#native/load.ts";
import { collectGarbage } from "#src/process/collect-garbage.ts";
import type { Logger } from "#src/process/log.ts";
import { isReleaseDue } from "./is-release-due.ts";

const LOOK_MS = 5_000;

export interface ReleaseOptions {
  /** Whether garbage is collected first, for which the thread stands still; false where requests would wait for it. */
  readonly collects: boolean;
}

/**
 * Takes out of the resident set what only the start needed, and later what only a burst of work needed once it is over: of Node's
 * binary some 20 MB, and what the program asked for and freed (docs/adr/0039-memory-after-work.md). The pages of the binary stay
 * in the kernel's page cache, where other programs use them and from where they come back when touched; the kernel may now
 * drop those that no program touches. To be called once, when the program is ready. Where the native module is missing, nothing
 * happens.
 */
export function releaseUnusedPages(log: Logger, { collects }: ReleaseOptions): void {
  let looks = 0;
  let leftBytes: number | undefined;
  let before = process.cpuUsage();
  const look = (): void => {
    looks += 1;
    const cpu = process.cpuUsage(before);
    before = process.cpuUsage();
    const rssBytes = residentBytes();
    if (rssBytes === undefined || !isReleaseDue({ looks, leftBytes, rssBytes, cpuMs: (cpu.user + cpu.system) / 1_000 }))
      return;
    try {
      const native = loadNative();
      if (collects) collectGarbage();
      native.releaseFreePages();
      native.releaseFilePages();
      leftBytes = residentBytes();
      looks = 0;
      log.debug({ kb: Math.round((rssBytes - (leftBytes ?? rssBytes)) / 1_024) }, "released pages that are not in use");
    } catch (error) {
      clearInterval(timer);
      log.debug({ err: error }, "cannot release pages that are not in use");
    }
  };
  const timer = setInterval(look, LOOK_MS).unref();
}

/** Undefined while there is no descriptor for the file that says it: clients may have taken all that the program may have. */
function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
