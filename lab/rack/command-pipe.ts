import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { setImmediate as turn } from "node:timers/promises";

/** How long a persistent tool may take over one command before we call it stuck. */
const ANSWER_TIMEOUT_MS = 5_000;

/** When a change was asked for and when it had surely taken effect: CLOCK_MONOTONIC, comparable across processes. */
export interface EffectTimes {
  readonly issuedNs: bigint;
  readonly effectiveNs: bigint;
}

interface Waiting {
  readonly resolve: (effectiveNs: bigint) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A tool (`nft -i`, `ip -batch -`) kept open, so that a change takes effect within about a millisecond instead of the
 * four that starting a program costs. After each change a question is asked whose one-line answer proves it was done.
 */
export class CommandPipe {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #tool: string;
  readonly #waiting: Waiting[] = [];
  #rest = "";
  #errors = "";
  #turns: Promise<unknown> = Promise.resolve();

  constructor(command: readonly string[]) {
    const [file = "", ...args] = command;
    this.#tool = command.join(" ");
    this.#child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdout.on("data", (chunk: Buffer) => this.#read(chunk.toString("utf8")));
    this.#child.stderr.on("data", (chunk: Buffer) => (this.#errors += chunk.toString("utf8")));
    this.#child.stdin.on("error", () => {});
    this.#child.on("error", (error) => this.#fail(error.message));
    this.#child.on("exit", () => this.#fail(this.#errors.trim() || "it ended"));
  }

  /** Sends one line and then the question, which must be answered by exactly one line. Changes go one after the other. */
  change(line: string, question: string): Promise<EffectTimes> {
    const done = this.#turns.then(() => this.#change(line, question));
    this.#turns = done.catch(() => {});
    return done;
  }

  async #change(line: string, question: string): Promise<EffectTimes> {
    this.#errors = "";
    const { promise, resolve, reject } = Promise.withResolvers<bigint>();
    this.#waiting.push({ resolve, reject });
    if (this.#child.exitCode !== null) this.#fail("it ended");
    const timer = setTimeout(() => this.#fail("no answer"), ANSWER_TIMEOUT_MS);
    const issuedNs = process.hrtime.bigint();
    this.#child.stdin.write(`${line}\n${question}\n`);
    try {
      const effectiveNs = await promise;
      // Its complaint was written before the answer, but on the other pipe: let that one be read too.
      await turn();
      if (this.#errors !== "") throw new Error(`${this.#tool}: ${line}: ${this.#errors.trim()}`);
      return { issuedNs, effectiveNs };
    } finally {
      clearTimeout(timer);
    }
  }

  #read(text: string): void {
    const nowNs = process.hrtime.bigint();
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const { resolve } of this.#waiting.splice(0, lines.length)) resolve(nowNs);
  }

  #fail(why: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${this.#tool}: ${why}`));
  }

  /** Ends the tool; what it changed stays. */
  close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    const ended = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.#child.kill("SIGKILL");
    return ended;
  }
}
