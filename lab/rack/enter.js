// Runs a script of this project inside fresh namespaces, where a rack can be built.
// Usage: node lab/rack/enter.js SCRIPT [arguments]
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { followLauncher } from "../../src/process/follow-launcher.ts";
import { wrapped, whyNoRack } from "./wrapper.js";

const [script, ...args] = process.argv.slice(2);
const reason = whyNoRack();
if (script === undefined || reason !== undefined) {
  console.error(
    script === undefined ? "Usage: node lab/rack/enter.js SCRIPT [arguments]" : `No rack can be built here: ${reason}`,
  );
  process.exit(script === undefined ? 2 : 1);
}
const [file, ...rest] = wrapped([process.execPath, script, ...args]);
/** What the script has to clean up after a signal before it is ended by force. */
const GRACE_MS = 10_000;
// unshare passes no signal on, so the script also holds the end of a pipe: when it closes, it is time to go.
const child = spawn(file, rest, {
  stdio: ["inherit", "inherit", "inherit", "pipe"],
  env: { ...process.env, HAWSER_LIFELINE: "3" },
});
function end() {
  child.stdio[3].destroy();
  setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
followLauncher(end);
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
});
