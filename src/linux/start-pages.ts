import { loadNative } from "#native/load.ts";
import type { Logger } from "#src/process/log.ts";

/** From ready on: the first lists are worked off by then, and what runs all the time has run. */
const SETTLED_MS = 10_000;

/**
 * Takes out of the resident set what only the start needed: of Node's binary 27 MB a program, and of the memory that the start
 * asked for and freed 1.5 MB (docs/adr/0010-image.md). The pages of the binary stay in the kernel's page cache, where other
 * programs use them and from where they come back when touched; the kernel may now drop those that no program touches. To be
 * called once, when the program is ready. Where the native module is missing, nothing happens.
 */
export function releaseStartPages(log: Logger): void {
  setTimeout(() => {
    try {
      const native = loadNative();
      native.releaseFreePages();
      log.debug({ kb: native.releaseFilePages() }, "released the pages that only the start ran");
    } catch (error) {
      log.debug({ err: error }, "cannot release the pages that only the start ran");
    }
  }, SETTLED_MS).unref();
}
