import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";

/** Lines kept of a process's output; older ones are dropped. */
const KEPT_LINES = 1_000;
/** Longer lines are cut. */
const LINE_LIMIT = 8_192;
/** How long a process may take to end after SIGTERM. */
const STOP_GRACE_MS = 5_000;
/** A program that starts in a quarter of a second takes much longer on a machine that others keep busy. */
const READY_TIMEOUT_MS = 60_000;

export interface SpawnOptions {
  /** For messages: `n1/speaker`. */
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `spawn` resolves when a line matches; without it, as soon as the process exists. */
  readonly ready?: RegExp;
  /** How long that may take; default a minute. */
  readonly readyMs?: number;
  /** Gets each line of stdout, which is then not kept: for programs that stream data. */
  readonly onLine?: (line: string) => void;
  /** Also appends all output to this file. */
  readonly logFile?: string;
}

interface LineWaiter {
  readonly pattern: RegExp;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/** A process in a rack. Its output (stdout and stderr together) is kept as lines, the newest 1,000. */
export class RackProcess {
  readonly name: string;
  /** Exit code, or 128 + signal number. Never rejects. */
  readonly exited: Promise<number>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiters = new Set<LineWaiter>();
  readonly #log: WriteStream | undefined;
  #exitCode: number | undefined;

  /** Starts the command as it stands; `Host.spawn` puts `nsenter` in front, which execs, so `pid` is the process. */
  constructor(options: SpawnOptions) {
    const [file = "", ...args] = options.command;
    this.name = options.name;
    this.#log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: "a" });
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...options.env } });
    this.#child = child;
    readLines(child.stdout, options.onLine ?? ((line) => this.#keep(line)));
    readLines(child.stderr, (line) => this.#keep(line));
    this.exited = new Promise((resolve) => {
      child.on("error", (error) => {
        this.#keep(`cannot run ${file}: ${error.message}`);
        resolve(this.#ended(127));
      });
      child.on("close", (code, signal) =>
        resolve(this.#ended(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))),
      );
    });
  }

  /** The process id inside the rack's pid namespace. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** The exit code as in `exited`, undefined while it runs. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** The newest lines of its output, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Resolves with the first line kept or to come that matches; rejects at the end of the process or after the time. */
  waitForLine(pattern: RegExp, timeoutMs = READY_TIMEOUT_MS): Promise<string> {
    const there = this.#lines.find((line) => pattern.test(line));
    if (there !== undefined) return Promise.resolve(there);
    if (this.#exitCode !== undefined) return Promise.reject(this.#inVain(pattern, `it exited ${this.#exitCode}`));
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const waiter: LineWaiter = { pattern, resolve, reject };
    const timer = setTimeout(() => reject(this.#inVain(pattern, `waited ${timeoutMs} ms`)), timeoutMs);
    this.#waiters.add(waiter);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    });
  }

  #inVain(pattern: RegExp, why: string): Error {
    const last = this.#lines.slice(-10).join("\n  ");
    return new Error(`${this.name}: no line like ${pattern}: ${why}. Its last lines:\n  ${last || "(none)"}`);
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    this.#log?.write(`${line}\n`);
    for (const waiter of this.#waiters) if (waiter.pattern.test(line)) waiter.resolve(line);
  }

  #ended(code: number): number {
    this.#exitCode = code;
    this.#log?.end();
    for (const { pattern, reject } of this.#waiters) reject(this.#inVain(pattern, `it exited ${code}`));
    return code;
  }

  /** Kills it, as a crash would: it notifies no other program. Resolves with the exit code. */
  kill(signal: NodeJS.Signals = "SIGKILL"): Promise<number> {
    this.#child.kill(signal);
    return this.exited;
  }

  /** Freezes it (SIGSTOP): it keeps its sockets but does nothing, until `resume`. */
  hang(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends it with SIGTERM, after 5 seconds with SIGKILL. Resolves with the exit code. */
  async stop(): Promise<number> {
    if (this.#exitCode !== undefined) return this.#exitCode;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_GRACE_MS);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  let rest = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = (lines.pop() ?? "").slice(0, LINE_LIMIT);
    for (const line of lines) onLine(line.slice(0, LINE_LIMIT));
  });
  stream?.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}
