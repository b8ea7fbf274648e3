import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loadNative } from "#native/load.ts";
import { releaseUnusedPages } from "#src/linux/release-unused-pages.ts";
import type { Logger } from "#src/process/log.ts";

/** Of 60 MB that are freed. */
const ENOUGH_KB = 20_000;

/** kB of files that are mapped and in RAM: proc(5), RssFile. */
function residentFileKb(): number {
  return Number(/^RssFile:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

/** Code and constants of Node from many places: relocated tables of OpenSSL, ICU, regular expressions, JSON. */
function work(): string {
  const text = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => `Ärger ${index}`.toLocaleUpperCase("de")));
  return createHash("sha512")
    .update(text.replaceAll(/(\p{L}+) (\d)/gu, "$2$1"))
    .digest("hex");
}

describe("releaseFilePages()", () => {
  it("takes most of Node's file out of the resident set, and all works as before", () => {
    const before = work();
    const [mapped, released] = [residentFileKb(), loadNative().releaseFilePages()];
    expect(residentFileKb()).toBeLessThan(mapped / 2);
    expect(released).toBeGreaterThan(mapped / 2);
    expect(work()).toBe(before);
  });
});

describe("releaseFreePages()", () => {
  it("hands back what malloc holds between what is in use", () => {
    // In blocks below what malloc asks the kernel for one by one; one in 16 stays, so that little is free in one piece at the end.
    // A thread of V8 frees them some time after the collection.
    const program = `
      import { loadNative } from "#native/load.ts";
      import { readFileSync } from "node:fs";
      const anonymousKb = () => Number(/^RssAnon:\\s+(\\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]);
      let blocks = Array.from({ length: 4_000 }, () => Buffer.allocUnsafeSlow(16_384).fill(1));
      const held = anonymousKb();
      blocks = blocks.filter((_, index) => index % 16 === 0);
      let released = 0;
      for (let turn = 0; turn < 200 && released < ${ENOUGH_KB}; turn++) {
        gc();
        loadNative().releaseFreePages();
        released = held - anonymousKb();
      }
      console.log(JSON.stringify({ released, kept: blocks.every((block) => block[16_383] === 1) }));`;
    const { stdout } = spawnSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", program]);
    const { released, kept } = JSON.parse(stdout.toString()) as { released: number; kept: boolean };
    expect(kept).toBe(true);
    expect(released).toBeGreaterThanOrEqual(ENOUGH_KB);
  });
});

describe("releaseUnusedPages()", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("hands back after ten seconds, and again once work has made the program grow and is done", () => {
    vi.useFakeTimers();
    const cpu = vi.spyOn(process, "cpuUsage").mockReturnValue({ user: 0, system: 0 });
    const rss = vi.spyOn(process.memoryUsage, "rss").mockReturnValue(80e6);
    const debug = vi.fn<(fields: object, text: string) => void>();
    releaseUnusedPages({ debug } as unknown as Logger, { collects: true });
    vi.advanceTimersByTime(9_999);
    expect(debug).not.toHaveBeenCalled();
    rss.mockReturnValueOnce(80e6).mockReturnValue(40e6);
    vi.advanceTimersByTime(1);
    expect(debug.mock.calls).toEqual([[{ kb: 39_063 }, "released pages that are not in use"]]);
    vi.advanceTimersByTime(60_000);
    expect(debug).toHaveBeenCalledOnce();
    rss.mockReturnValue(90e6);
    cpu.mockReturnValue({ user: 1e6, system: 0 });
    vi.advanceTimersByTime(60_000);
    expect(debug).toHaveBeenCalledOnce();
    cpu.mockReturnValue({ user: 1e4, system: 0 });
    vi.advanceTimersByTime(5_000);
    expect(debug).toHaveBeenCalledTimes(2);
  });
  it("waits while there is no descriptor left by which the kernel could say what is in RAM", () => {
    vi.useFakeTimers();
    const rss = vi.spyOn(process.memoryUsage, "rss").mockImplementation(() => {
      throw Object.assign(new Error("EMFILE: too many open files, uv_resident_set_memory"), { code: "EMFILE" });
    });
    const debug = vi.fn<(fields: object, text: string) => void>();
    releaseUnusedPages({ debug } as unknown as Logger, { collects: true });
    vi.advanceTimersByTime(60_000);
    expect(debug).not.toHaveBeenCalled();
    rss.mockReturnValue(80e6);
    vi.advanceTimersByTime(5_000);
    expect(debug).toHaveBeenCalledOnce();
  });
});
