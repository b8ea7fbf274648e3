import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "#test/docs/page.ts";

/** From the root of the project, as the pages name it. */
export const CHART_PATH = "charts/hawser";

/**
 * Writes the chart that people upgrade from into a folder, and returns where it is: that of the newest release, or where no release has one, the
 * chart before the last commit that changed it. Undefined where git knows of none.
 */
export function previousChart(directory: string): string | undefined {
  try {
    const releases = git("tag", "--list", "v*", "--sort=-v:refname").split("\n");
    const last = git("log", "-1", "--format=%H", "--", CHART_PATH);
    const revision = [...releases, `${last}^`].filter((one) => one !== "" && one !== "^").find(hasChart);
    if (revision === undefined) return undefined;
    const into = join(directory, "previous");
    mkdirSync(into, { recursive: true });
    const archive = execFileSync("git", ["-C", root, "archive", "--format=tar", revision, CHART_PATH]);
    execFileSync("tar", ["--extract", "--directory", into], { input: archive });
    return join(into, CHART_PATH);
  } catch {
    // A copy without a history.
    return undefined;
  }
}

function hasChart(revision: string): boolean {
  return git("ls-tree", "--name-only", revision, `${CHART_PATH}/Chart.yaml`) !== "";
}

function git(...args: readonly string[]): string {
  return execFileSync("git", ["-C", root, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}
