import { fileURLToPath } from "node:url";
import type { DemoWorld } from "./world.ts";

const HAWSER = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** Runs a command as a person would who looks at this world; resolves with what it printed. Rejects where its exit code is another one. */
export async function askHawser(
  { visit }: DemoWorld,
  args: readonly string[],
  wanted: readonly number[] = [0],
): Promise<string> {
  const { host, options } = visit.page;
  const { code, stdout, stderr } = await host.run([process.execPath, HAWSER, ...args, ...options]);
  if (!wanted.includes(code)) throw new Error(`hawser ${args.join(" ")}: exit code ${code}: ${stderr.trim()}`);
  return stdout;
}
