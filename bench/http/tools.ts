import { execFileSync } from "node:child_process";
import type { Report } from "#bench/report.ts";
import type { HttpSystem } from "./systems.ts";

/** A program that a bench runs. */
type Tool = Pick<HttpSystem, "name" | "package" | "versionCommand">;

/** What sends requests of HTTP/1.1. */
export const wrk: Tool = { name: "wrk", package: "wrk", versionCommand: ["sh", "-c", "wrk -v; true"] };

/** The versions of those that are there, by name, and which are not. */
export function foundTools(tools: readonly Tool[]): {
  readonly versions: Readonly<Record<string, string>>;
  readonly skipped: Report["skipped"];
} {
  const found = tools.map((tool) => ({ tool, version: versionOf(tool) }));
  return {
    versions: Object.fromEntries(
      found.flatMap(({ tool, version }) => (version === undefined ? [] : [[tool.name, version]])),
    ),
    skipped: found
      .filter(({ version }) => version === undefined)
      .map(({ tool }) => ({ system: tool.name, package: tool.package })),
  };
}

/** Undefined: it is not installed. */
function versionOf({ versionCommand: [command = "", ...args] }: Tool): string | undefined {
  try {
    const text = execFileSync("sh", ["-c", '"$@" 2>&1', "sh", command, ...args], { encoding: "utf8" });
    return /\d+\.\d+\.\d+/.exec(text)?.[0];
  } catch {
    return undefined;
  }
}
