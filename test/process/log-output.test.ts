import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

interface Report {
  readonly turns: number;
  readonly dropped: number;
}

/** Starts a program whose stdout is a pipe; it reports by IPC after each turn of `turn`, which logs. */
function startProgram(
  turn: string,
  output: "pipe" | "socket" = "pipe",
): ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> } {
  const script = `
    const { onShutdown } = await import("#src/process/shutdown.ts");
    const { createLogger } = await import("#src/process/log.ts");
    const { standardLogOutput } = await import("#src/process/log-output.ts").catch(() => ({}));
    const output = standardLogOutput?.();
    const access = (lines) => output.writeAccessLines(Buffer.from(lines));
    const log = createLogger({ component: "test", level: "info" });
    const { processIo } = await import("#src/process/program-io.ts");
    void onShutdown(processIo, log, { close: async () => undefined }).ended.then((code) => process.exit(code));
    let turns = 0;
    setInterval(() => {
      turns += 1;
      ${turn}
      process.send({ turns, dropped: output?.droppedLines ?? 0 });
    }, 1);`;
  const node = [process.execPath, "--input-type=module", "-e", script];
  // What Node calls a pipe is a socket. In a container stdout is a real one.
  const through = ["bash", "-c", 'exec "$@" > >(exec cat)', "bash"];
  const [file = "", ...args] = output === "pipe" ? [...through, ...node] : node;
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  children.push(child);
  return child as ReturnType<typeof startProgram>;
}

/** Resolves with the first report that satisfies the condition. */
async function report(child: ChildProcess, condition: (report: Report) => boolean): Promise<Report> {
  for (;;) {
    const [message] = (await once(child, "message")) as [Report];
    if (condition(message)) return message;
  }
}

describe("LogOutput", () => {
  it.each(["pipe", "socket"] as const)(
    "H4 a log that nobody reads from a %s stops neither the event loop nor SIGTERM",
    async (output) => {
      const child = startProgram(
        `for (let count = 0; count < 200; count++) log.info({ text: "x".repeat(1_000) }, "line");`,
        output,
      );
      child.stdout.pause();
      const { turns } = await report(child, ({ dropped }) => dropped > 1_000);
      await report(child, (later) => later.turns > turns + 20);
      child.kill("SIGTERM");
      expect(await once(child, "exit")).toEqual([0, null]);
    },
  );

  it.each(["pipe", "socket"] as const)(
    "H4 lines reach a slow reader of a %s whole and unmixed, and it learns how many were dropped",
    async (output) => {
      const child = startProgram(
        `
      if (turns <= 100) {
        for (let count = 0; count < 20; count++) log.info({ text: "x".repeat(3_000) }, "line");
        access(\`{"msg":"request","text":"\${"y".repeat(500)}"}\\n\`.repeat(120));
      }`,
        output,
      );
      child.stdout.pause();
      const { dropped } = await report(child, ({ turns }) => turns > 110);
      expect(dropped).toBeGreaterThan(0);
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (some: string) => {
        text += some;
        if (text.includes('"msg":"log lines were dropped')) child.kill("SIGTERM");
      });
      child.stdout.resume();
      await once(child.stdout, "close");
      const lines = text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { msg: string; dropped?: number });
      const countOf = (msg: string) => lines.filter((line) => line.msg === msg).length;
      const told = lines.reduce((sum, line) => sum + (line.dropped ?? 0), 0);
      expect(told).toBe(dropped);
      expect(countOf("line") + countOf("request") + told).toBe(100 * 140);
    },
  );

  it("H4 an output that takes nothing for good (a full disk) ends nothing", async () => {
    const child = spawn(
      "sh",
      [
        "-c",
        'exec "$@" > /dev/full',
        "sh",
        process.execPath,
        "--input-type=module",
        "-e",
        `
      const { createLogger } = await import("#src/process/log.ts");
      const log = createLogger({ component: "test", level: "info" });
      let turns = 0;
      setInterval(() => (log.info("line"), (turns += 1) === 50 && process.exit(7)), 1);`,
      ],
      { stdio: "ignore" },
    );
    children.push(child);
    expect(await once(child, "exit")).toEqual([7, null]);
  });
});
