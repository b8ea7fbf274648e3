import { spawn } from "node:child_process";
import { constants } from "node:os";
import { root } from "./setup.js";

/** How often we look whether npm's shell lives: rarely enough to cost nothing. */
const LOOK_MS = 500;

/** Runs a command to its end with our terminal; Ctrl-C reaches it too, and we wait for its clean-up. */
export function run(command, { env = {}, cwd = root } = {}) {
  const [file, ...args] = command;
  return new Promise((resolve, reject) => {
    // The program ends when this process is gone, even if it is killed (src/process/follow-launcher.ts).
    const launcher = { HAWSER_LAUNCHER_PID: String(process.pid) };
    const child = spawn(file, args, { cwd, stdio: "inherit", env: { ...process.env, ...launcher, ...env } });
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    const passOn = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, passOn);
    const shell = process.ppid;
    // `kill` of npm ends the shell between npm and us, and reaches us in no other way.
    const look = setInterval(() => {
      if (process.env.npm_lifecycle_event === undefined || process.ppid === shell) return;
      clearInterval(look);
      passOn("SIGTERM");
    }, LOOK_MS);
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      clearInterval(look);
      for (const name of signals) process.off(name, passOn);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
