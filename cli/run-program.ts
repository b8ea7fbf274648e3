import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/**
 * Runs one of the three programs in place of this process: same process id, same terminal, so that signals and
 * supervisors see nothing of us. Where the system has no execve, as a child; then resolves with its exit code.
 */
export async function runProgram(name: "controller" | "speaker" | "ingress", args: readonly string[]): Promise<number> {
  const main = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url));
  const command = [...process.execArgv, main, ...args];
  if (process.execve !== undefined) process.execve(process.execPath, [process.execPath, ...command], process.env);
  const child = spawn(process.execPath, command, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
