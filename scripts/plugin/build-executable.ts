import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Makes a single executable of a script (CommonJS) and this Node, by Node's own `--build-sea`. Without the symbols of Node, where
 * `strip` is installed: they are a fifth of it.
 */
export function buildExecutable(script: string, output: string): void {
  const directory = mkdtempSync(join(tmpdir(), "hawser-sea-"));
  try {
    const [main, config, node] = ["main.cjs", "sea.json", "node"].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    // A single executable has no line for the shell.
    writeFileSync(main, script.replace(/^#!.*\n/, ""));
    copyFileSync(process.execPath, node);
    stripSymbols(node);
    const settings = { main, output, executable: node, disableExperimentalSEAWarning: true, execArgvExtension: "none" };
    writeFileSync(config, JSON.stringify({ ...settings, useCodeCache: true }));
    execFileSync(process.execPath, ["--build-sea", config], { stdio: ["ignore", "ignore", "inherit"] });
    chmodSync(output, 0o755);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function stripSymbols(file: string): void {
  try {
    execFileSync("strip", [file], { stdio: "ignore" });
  } catch {
    // It is larger then, and works as well.
  }
}
