import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  /** A script for wrk that makes each request. */
  readonly lua?: string;
  /** For how long it runs at each proxy before it is measured, where that is not the usual time. */
  readonly warmUpSeconds?: number;
  readonly isSecure?: boolean;
  /** By HTTP/2, with so many requests at once on each connection. */
  readonly streams?: number;
}

/** What one run gave. */
export interface HttpLoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Of the time until an answer was there, in milliseconds: of 99 % it was less. */
  readonly p99Ms: number;
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
  using folder = temporaryFolder();
  const times = join(folder.path, "times");
  const options = [`-D${seconds}`, "--warm-up-time=0", `--log-file=${times}`];
  const h2load = ["h2load", "-t1", `-c${connections}`, `-m${streams}`, ...options, url];
  const { stdout } = await run("env", [...pin, ...h2load]);
  const [, requests, failed] = /(\d+) succeeded, (\d+) failed/.exec(stdout) ?? [];
  const others = /status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(stdout)?.slice(1) ?? [""];
  if (Number(requests) === 0 || failed !== "0" || others.some((count) => count !== "0"))
    throw new Error(`h2load met errors on ${url}:\n${stdout}`);
  const us = readFileSync(times, "utf8")
    .split("\n")
    .flatMap((line) => line.split("\t")[2] ?? []);
  const sorted = us.map(Number).sort((left, right) => left - right);
  const p99Ms = (sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN) / 1e3;
  return { requests: Number(requests), perSecond: Number(requests) / seconds, p99Ms };
}

async function loadByWrk(port: number, shape: Shape, { seconds, pin }: LoadOptions): Promise<HttpLoadResult> {
  const headers = shape.headers.flatMap((line) => ["-H", line]);
  const url = `${shape.isSecure === true ? "https" : "http"}://127.0.0.1:${port}${shape.path}`;
  using script = scriptOf(shape);
  const scripts = script === undefined ? [] : ["-s", script.file];
  const wrk = ["wrk", "-t1", "--latency", `-c${shape.connections}`, `-d${seconds}s`, ...scripts, ...headers, url];
  // env runs what follows, whether that is taskset or wrk itself.
  const { stdout } = await run("env", [...pin, ...wrk]);
  if (/Non-2xx|Socket errors: (?!connect 0, read 0, write 0, timeout 0)/.test(stdout))
    throw new Error(`wrk met errors on ${url}:\n${stdout}`);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const [, p99 = "", unit = ""] = /^\s+99%\s+([\d.]+)(us|ms|s)$/m.exec(stdout) ?? [];
  const p99Ms = Number(p99) * ({ us: 1e-3, ms: 1, s: 1e3 }[unit] ?? Number.NaN);
  return { requests, perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]), p99Ms };
}

/** What wrk reads where requests are not all the same, or not plain GETs. */
interface WrkScript extends Disposable {
  readonly file: string;
}

function scriptOf(shape: Shape): WrkScript | undefined {
  const { method = "GET", body, eachHeader, lua } = shape;
  if (method === "GET" && body === undefined && eachHeader === undefined && lua === undefined) return undefined;
  const folder = temporaryFolder();
  const file = join(folder.path, "load.lua");
  const fixed = `wrk.method = ${JSON.stringify(method)}\nwrk.body = ${body === undefined ? "nil" : JSON.stringify(body)}\n`;
  writeFileSync(file, [fixed, eachHeader === undefined ? "" : nextLine(folder.path, eachHeader()), lua ?? ""].join(""));
  return { file, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** A script by which each request has the next of these header lines. */
function nextLine(folder: string, headerLines: readonly string[]): string {
  const lines = join(folder, "lines");
  writeFileSync(lines, headerLines.join("\n"));
  return `local lines = {}
for line in io.lines(${JSON.stringify(lines)}) do lines[#lines + 1] = line end
local at = 0
request = function()
  at = at % #lines + 1
  local name, value = lines[at]:match("^([^:]+): (.*)$")
  wrk.headers[name] = value
  return wrk.format()
end
`;
}

function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "hawser-load-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
