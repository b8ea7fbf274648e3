import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A shape of load. */
export interface Shape {
  readonly name: string;
  readonly path: string;
  readonly connections: number;
  /** More request header lines. */
  readonly headers: readonly string[];
  /** `GET` by default. */
  readonly method?: string;
  readonly body?: string;
  /** Header lines of which each request of a run has another one. */
  readonly eachHeader?: () => readonly string[];
  readonly isSecure?: boolean;
  /** By HTTP/2, with so many requests at once on each connection. */
  readonly streams?: number;
}

/** What one run gave. */
export interface HttpLoadResult {
  readonly requests: number;
  readonly perSecond: number;
}

/** How long and where load runs. */
interface LoadOptions {
  readonly seconds: number;
  readonly pin: readonly string[];
}

/** Runs wrk, or h2load, with one thread on one core. Throws if an answer was not 200 or a connection failed: then figures mean nothing. */
export async function loadHttp(port: number, shape: Shape, options: LoadOptions): Promise<HttpLoadResult> {
  return shape.streams === undefined ? loadByWrk(port, shape, options) : loadHttp2(port, shape, options);
}

/** h2load warms up for no time, and counts what is answered within these seconds. */
async function loadHttp2(
  port: number,
  { path, connections, streams }: Shape,
  { seconds, pin }: LoadOptions,
): Promise<HttpLoadResult> {
  const url = `https://127.0.0.1:${port}${path}`;
  const h2load = ["h2load", "-t1", `-c${connections}`, `-m${streams}`, `-D${seconds}`, "--warm-up-time=0", url];
  const { stdout } = await run("env", [...pin, ...h2load]);
  const [, requests, failed] = /(\d+) succeeded, (\d+) failed/.exec(stdout) ?? [];
  const others = /status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(stdout)?.slice(1) ?? [""];
  if (Number(requests) === 0 || failed !== "0" || others.some((count) => count !== "0"))
    throw new Error(`h2load met errors on ${url}:\n${stdout}`);
  return { requests: Number(requests), perSecond: Number(requests) / seconds };
}

async function loadByWrk(port: number, shape: Shape, { seconds, pin }: LoadOptions): Promise<HttpLoadResult> {
  const headers = shape.headers.flatMap((line) => ["-H", line]);
  const url = `${shape.isSecure === true ? "https" : "http"}://127.0.0.1:${port}${shape.path}`;
  using script = scriptOf(shape);
  const scripts = script === undefined ? [] : ["-s", script.file];
  const wrk = ["wrk", "-t1", `-c${shape.connections}`, `-d${seconds}s`, ...scripts, ...headers, url];
  // env runs what follows, whether that is taskset or wrk itself.
  const { stdout } = await run("env", [...pin, ...wrk]);
  if (/Non-2xx|Socket errors: (?!connect 0, read 0, write 0, timeout 0)/.test(stdout))
    throw new Error(`wrk met errors on ${url}:\n${stdout}`);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return { requests, perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]) };
}

/** What wrk reads where requests are not all the same, or not plain GETs. */
interface WrkScript extends Disposable {
  readonly file: string;
}

function scriptOf({ method = "GET", body, eachHeader }: Shape): WrkScript | undefined {
  if (method === "GET" && body === undefined && eachHeader === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "hawser-wrk-"));
  const lines = join(folder, "lines");
  const file = join(folder, "load.lua");
  writeFileSync(lines, (eachHeader?.() ?? []).join("\n"));
  const each = `local lines = {}
for line in io.lines(${JSON.stringify(lines)}) do lines[#lines + 1] = line end
local at = 0
request = function()
  at = at % #lines + 1
  local name, value = lines[at]:match("^([^:]+): (.*)$")
  wrk.headers[name] = value
  return wrk.format()
end
`;
  const fixed = `wrk.method = ${JSON.stringify(method)}\nwrk.body = ${body === undefined ? "nil" : JSON.stringify(body)}\n`;
  writeFileSync(file, fixed + (eachHeader === undefined ? "" : each));
  return { file, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
