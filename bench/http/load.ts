import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);
const TICKS_PER_S = 100;

/** A shape of load. */
export interface Shape {
  readonly name: string;
  readonly path: string;
  readonly connections: number;
  /** More request header lines. */
  readonly headers: readonly string[];
}

/** What one run gave. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
}

/** Runs wrk with one thread on one core. Throws if an answer was not 200 or a connection failed: then figures mean nothing. */
export async function load(
  port: number,
  shape: Shape,
  { seconds, pin }: { seconds: number; pin: readonly string[] },
): Promise<LoadResult> {
  const headers = shape.headers.flatMap((line) => ["-H", line]);
  const url = `http://127.0.0.1:${port}${shape.path}`;
  const wrk = ["wrk", "-t1", `-c${shape.connections}`, `-d${seconds}s`, ...headers, url];
  // env runs what follows, whether that is taskset or wrk itself.
  const { stdout } = await run("env", [...pin, ...wrk]);
  if (/Non-2xx|Socket errors: (?!connect 0, read 0, write 0, timeout 0)/.test(stdout))
    throw new Error(`wrk met errors on ${url}:\n${stdout}`);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return { requests, perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]) };
}

/** User and system time of a process and its children, in seconds (proc(5), /proc/PID/stat fields 14 and 15). */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), own);
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  });
}
