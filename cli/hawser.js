#!/usr/bin/env node
// The `hawser` command, for any Node from 18 on: hands over to the Node that came with the package where this one is too old.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The first Node that runs TypeScript as it is, without a flag and without a warning. */
const NEEDED = [24, 12];

const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "cli", "main.ts");
const require = createRequire(import.meta.url);

function isNewEnough() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

/** Where npm put a package of ours, beside us or further up; undefined where it did not. */
function find(specifier) {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
}

function ownNode() {
  const manifest = find(`node-linux-${process.arch}/package.json`);
  const file = manifest === undefined ? join(root, "node_modules/.bin/node") : join(dirname(manifest), "bin/node");
  return existsSync(file) ? file : undefined;
}

function fail(text) {
  process.stderr.write(`hawser: ${text}\n`);
  process.exit(1);
}

function handOver(node) {
  const command = [node, main, ...process.argv.slice(2)];
  if (typeof process.execve === "function") process.execve(node, command, process.env);
  // The program ends when this process is gone, even if it is killed (src/process/follow-launcher.ts).
  const env = { ...process.env, HAWSER_LAUNCHER_PID: String(process.pid) };
  const child = spawn(node, command.slice(1), { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`cannot run ${node}: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

// Under npx the parent is npm's shell: `kill` of npx ends that shell, and nothing else tells the program.
if (process.env.npm_command === "exec") process.env.HAWSER_LAUNCHER_PID = String(process.ppid);
if (find("pino") === undefined) fail(`its packages are missing. Run: cd ${root} && npm run hawser -- version`);
const node = isNewEnough() ? process.execPath : ownNode();
if (node === undefined) {
  fail(
    `Node ${process.versions.node} is too old, ${NEEDED.join(".")} is needed, and npm brought none along. Run: cd ${root} && npm ci`,
  );
} else if (node === process.execPath) {
  process.argv[1] = main;
  await import("./main.ts");
} else {
  handOver(node);
}
