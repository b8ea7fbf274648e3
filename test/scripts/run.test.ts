import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

// Plain JavaScript without types: any Node runs it.
const { compileCache, run } = (await import(join(root, "scripts/run.js"))) as {
  readonly compileCache: (folder?: string, env?: NodeJS.ProcessEnv) => string;
  readonly run: (command: readonly string[]) => Promise<number>;
};

describe("run", () => {
  const isKeptIn = (folder: string): string[] => [
    process.execPath,
    "--eval",
    `process.exit(require("node:module").getCompileCacheDir()?.startsWith(${JSON.stringify(folder)}) ? 0 : 3)`,
  ];

  it("keeps compiled programs in a folder of the project, where no other user can put code", async () => {
    vi.stubEnv("NODE_COMPILE_CACHE", undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await run(isKeptIn(join(root, "node_modules")))).toBe(0);
  });

  it.each([
    { env: { HOME: "/home/a" }, folder: "/home/a/.cache/hawser/compile" },
    { env: { HOME: "/home/a", XDG_CACHE_HOME: "" }, folder: "/home/a/.cache/hawser/compile" },
    { env: { HOME: "/home/a", XDG_CACHE_HOME: "/caches" }, folder: "/caches/hawser/compile" },
  ])("keeps them in the user's own folder where the project's cannot be written: $env", ({ env, folder }) => {
    expect(compileCache("/proc/version/hawser", env)).toBe(folder);
  });

  it("gives the exit code of the command", async () => {
    expect(await run([process.execPath, "--eval", "process.exit(7)"])).toBe(7);
  });
});
