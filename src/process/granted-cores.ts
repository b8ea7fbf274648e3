import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** The quota of the cgroup (version 2) that this process sees as its own: of a container, or of the machine. */
const QUOTA_FILE = "/sys/fs/cgroup/cpu.max";

/**
 * How many cores this process may use at once: those that it may be scheduled on, or fewer where the quota of its cgroup (cpu.max of
 * version 2: microseconds in each period) grants less. A part of a core counts as one.
 */
export function grantedCores(file: string = QUOTA_FILE, cores: number = availableParallelism()): number {
  return Math.max(1, Math.min(cores, quotaCores(readText(file)) ?? cores));
}

function quotaCores(text: string): number | undefined {
  const [quota, period] = text.trim().split(" ").map(Number);
  const granted = (quota ?? Number.NaN) / (period ?? Number.NaN);
  return Number.isFinite(granted) && granted > 0 ? Math.ceil(granted) : undefined;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Without version 2 of cgroups there is no such file.
    return "";
  }
}
