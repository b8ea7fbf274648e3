import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A shape of load. */
export interface Shape {
  readonly name: string;
  readonly path: string;
  readonly connections: number;
  /** More request header lines. */
  readonly headers: readonly string[];
}

/** What one run gave. */
export interface HttpLoadResult {
  readonly requests: number;
  readonly perSecond: number;
}

/** Runs wrk with one thread on one core. Throws if an answer was not 200 or a connection failed: then figures mean nothing. */
export async function loadHttp(
  port: number,
  shape: Shape,
  { seconds, pin }: { seconds: number; pin: readonly string[] },
): Promise<HttpLoadResult> {
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
