import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks in a second, as proc(5) counts them. */
const TICKS_PER_S = 100;

/** User and system time of a process and its children, in seconds (proc(5), /proc/PID/stat fields 14 and 15). */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), own);
}

/** The processes that a process has started. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  });
}
