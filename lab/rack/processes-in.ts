import { readdirSync, statSync } from "node:fs";
import { until } from "./until.ts";

/** The processes inside any of these network namespaces, by id; a namespace that does not exist has none. */
export function processesIn(namespaces: readonly string[]): number[] {
  const inodes = new Set(
    namespaces.map((name) => inodeOf(`/run/netns/${name}`)).filter((inode) => inode !== undefined),
  );
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => inodes.has(inodeOf(`/proc/${entry}/ns/net`) ?? -1))
    .map(Number);
}

/** Kills what runs in the namespaces, by SIGKILL, and resolves when nothing runs there any more. */
export async function killProcessesIn(namespaces: readonly string[]): Promise<void> {
  let survivors: number[] = [];
  await until(
    `the end of all processes in ${namespaces.join(", ")}`,
    () => {
      survivors = processesIn(namespaces);
      for (const pid of survivors) killProcess(pid);
      return survivors.length === 0;
    },
    { lastSeen: () => survivors },
  );
}

/** Kills a process unless it is gone already. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
