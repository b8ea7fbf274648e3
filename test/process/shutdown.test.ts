import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";

interface Ended {
  readonly code: number | null;
  /** The log, line by line. */
  readonly messages: readonly string[];
}

/** Runs a program that calls onShutdown() with `run`, and sends it each signal after the log says the word before it. */
async function program(
  run: string,
  options: string,
  signals: readonly (readonly [string, NodeJS.Signals])[],
): Promise<Ended> {
  const script = `
    const { onShutdown } = await import("#src/process/shutdown.ts");
    const { processIo } = await import("#src/process/program-io.ts");
    const { createLogger } = await import("#src/process/log.ts");
    const log = createLogger({ component: "test", level: "info" });
    setInterval(() => {}, 60_000);
    const { ended } = onShutdown(processIo, log, { close: ${run}, ...${options} });
    log.info("up");
    process.exit(await ended);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  const left = [...signals];
  child.stdout.setEncoding("utf8").on("data", (some: string) => {
    text += some;
    while (left[0] !== undefined && text.includes(`"msg":"${left[0][0]}"`)) child.kill(left.shift()?.[1]);
  });
  const [code] = (await once(child, "close")) as [number | null];
  const messages = text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  return { code, messages };
}

describe("onShutdown()", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("exits 0 on %s once the work is done", async (signal) => {
    const ended = await program(`async (signal) => log.info("closing on " + signal)`, "{}", [["up", signal]]);
    expect(ended).toEqual({ code: 0, messages: ["up", "shutting down", `closing on ${signal}`, "shut down"] });
  });

  it("exits 1 when the work takes longer than the deadline", async () => {
    const ended = await program(`() => new Promise(() => {})`, "{ deadlineMs: 20 }", [["up", "SIGTERM"]]);
    expect(ended).toEqual({ code: 1, messages: ["up", "shutting down", "shutdown took too long"] });
  });

  it("exits 1 when the work fails", async () => {
    const ended = await program(`async () => { throw new Error("no") }`, "{}", [["up", "SIGTERM"]]);
    expect(ended).toEqual({ code: 1, messages: ["up", "shutting down", "shutdown failed"] });
  });

  it("exits at once on the second signal", async () => {
    const ended = await program(`() => new Promise(() => {})`, "{}", [
      ["up", "SIGTERM"],
      ["shutting down", "SIGINT"],
    ]);
    expect(ended).toEqual({ code: 1, messages: ["up", "shutting down", "second signal, exiting at once"] });
  });

  it.each([
    { name: "an uncaught exception", run: `(setTimeout(() => { throw new Error("bug") }, 5), async () => {})` },
    {
      name: "an unhandled rejection",
      run: `(setTimeout(() => { Promise.reject(new Error("bug")) }, 5), async () => {})`,
    },
  ])("logs $name and exits 1", async ({ run }) => {
    expect(await program(run, "{}", [])).toEqual({ code: 1, messages: ["up", "bug: uncaught exception"] });
  });
});
