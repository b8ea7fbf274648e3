import { spawn } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { constants as systemConstants, homedir } from "node:os";
import { join } from "node:path";
import { root } from "./setup.js";

/** How often we look whether npm's shell lives: rarely enough to cost nothing. */
const LOOK_MS = 500;

const COMPILE_CACHE = `${root}node_modules/.cache/hawser-compile`;

/**
 * Where Node keeps what it made of our TypeScript, by content: a program then starts with a third of the work. In a folder
 * of the project's, or in this user's own where that cannot be written, as in the clone of another user; and not in /tmp, so that no
 * other user can put code there. Where neither can be written, nothing is kept.
 */
export function compileCache(folder = COMPILE_CACHE, env = process.env) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "hawser", "compile");
  }
}

/** Runs a command to its end with our terminal; Ctrl-C reaches it too, and we wait for its clean-up. */
export function run(command, { env = {}, cwd = root } = {}) {
  const [file, ...args] = command;
  return new Promise((resolve, reject) => {
    // The program ends when this process is gone, even if it is killed (src/process/follow-launcher.ts).
    const launcher = { HAWSER_LAUNCHER_PID: String(process.pid) };
    const child = spawn(file, args, {
      cwd,
      stdio: "inherit",
      env: { NODE_COMPILE_CACHE: compileCache(), ...process.env, ...launcher, ...env },
    });
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
      resolve(code ?? 128 + (systemConstants.signals[signal] ?? 0));
    });
  });
}
