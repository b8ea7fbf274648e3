import { fileURLToPath } from "node:url";

/**
 * Runs one of the three programs in this process: supervisors see one process, and Node starts once. Its main module ends the
 * process, so this never resolves.
 */
export async function runProgram(name: "controller" | "speaker" | "ingress", args: readonly string[]): Promise<never> {
  const main = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url));
  // What it would see if Node had been started with it.
  process.argv.splice(1, process.argv.length, main, ...args);
  await import(main);
  throw new Error(`${main} did not end the process`);
}
