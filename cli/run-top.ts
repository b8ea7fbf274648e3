import { setTimeout as sleep } from "node:timers/promises";
import { oneLine } from "#src/model/one-line.ts";
import { wallMs } from "#src/process/clock.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import type { Explanation } from "#src/view/explain.ts";
import { matchingRows } from "#src/view/page/matching-rows.ts";
import { drawTop, printTop, type TopSeen } from "./draw-top.ts";
import type { LiveLook } from "#src/page/live-look.ts";
import { liveLookOptions, openLiveLook } from "./open-live-look.ts";
import { printExplanation } from "./print-explanation.ts";
import { textStyle } from "./text-style.ts";
import { pressKey, TOP_START, type TopState } from "./top-state.ts";

/** Its options. */
export const topOptions = {
  ...liveLookOptions,
  once: { kind: "boolean", help: "Print it once, and end" },
} as const satisfies OptionSpecs;

const command = "hawser top";
const about = `Shows what hawser ui shows in this terminal, live: what needs a person, the rack, the last hour, pools, addresses and routes, with
search and explanations. docs/page.md explains it. Where it is not run in a terminal it prints once.
Keys: 0 to 6 and Tab choose a block, j k and arrows a row, Enter explains it, / searches, Esc goes back, q ends it.
Exit code: 0 when it was asked to end; 1 when nothing can be read; 2 for wrong options.`;

/** A keyboard: what a person types, key by key where it can be. */
export interface Keyboard {
  readonly isTTY?: boolean | undefined;
  setRawMode?(isRaw: boolean): unknown;
  on(event: "data", take: (keys: Buffer) => void): unknown;
  pause(): unknown;
}

/** The other screen of the terminal without a cursor, and back. */
const ENTER_SCREEN = "\u001B[?1049h\u001B[?25l";
const LEAVE_SCREEN = "\u001B[?25h\u001B[?1049l";
const HOME = "\u001B[H";
const END_OF_LINE = "\u001B[K";
const END_OF_SCREEN = "\u001B[J";
/** A key, or the letters of one that has several: `ESC [ A`. */
const KEY = /\p{Cc}\[[\d;]*[A-Za-z~]|[\s\S]/gu;
const DEFAULT_SIZE = { columns: 100, rows: 40 };
/** Ages go on. */
const REDRAW_MS = 1_000;

/** Runs `hawser top`. Resolves with the exit code. */
export async function runTop(
  args: readonly string[],
  io: ProgramIo,
  keyboard: Keyboard = process.stdin,
): Promise<number> {
  const read = readOptions(topOptions, args, io, { command, about });
  if (read.kind === "exit") return read.code;
  const isTerminal = "isTTY" in io.stdout && io.stdout.isTTY === true && keyboard.isTTY === true;
  const isOnce = read.values.once || !isTerminal;
  const looking = await openLiveLook(read.values, { env: io.env, waitsForRoutes: isOnce });
  if (typeof looking === "string") {
    io.stderr.write(`${oneLine(`${command}: ${looking}`)}\n`);
    return 1;
  }
  await using _ = { [Symbol.asyncDispose]: async () => looking.close() };
  // Awaited here: what is looked at is closed at the end of this function.
  return await (isOnce ? showOnce(looking, io) : new Top(looking, io, keyboard).run());
}

async function showOnce(looking: LiveLook, io: ProgramIo): Promise<number> {
  const looked = await looking.look();
  if (!looked.ok) {
    for (const { where, what, why, fix } of looked.problems)
      io.stderr.write(`${oneLine(`${where}: ${what}: ${why}. ${fix}`)}\n`);
    return 1;
  }
  const { columns } = sizeOf(io);
  const seen = { title: looking.title, view: looked.view, blind: [], explanation: "" };
  io.stdout.write(printTop(seen, { nowMs: wallMs(), columns, style: textStyle(io) }));
  return 0;
}

function sizeOf({ stdout }: Pick<ProgramIo, "stdout">): { readonly columns: number; readonly rows: number } {
  const { columns, rows } = stdout as { readonly columns?: number; readonly rows?: number };
  return { columns: columns || DEFAULT_SIZE.columns, rows: rows || DEFAULT_SIZE.rows };
}

/** The screen, from the first look until the person ends it. */
class Top {
  readonly #looking: LiveLook;
  readonly #io: ProgramIo;
  readonly #keyboard: Keyboard;
  readonly #ending = new AbortController();
  #state: TopState = TOP_START;
  #seen: TopSeen;

  constructor(looking: LiveLook, io: ProgramIo, keyboard: Keyboard) {
    this.#looking = looking;
    this.#io = io;
    this.#keyboard = keyboard;
    this.#seen = { title: looking.title, view: undefined, blind: [], explanation: "" };
  }

  async run(): Promise<number> {
    const { stdout } = this.#io;
    const { signal } = this.#ending;
    this.#io.onSignal(() => this.#ending.abort());
    stdout.on("error", () => this.#ending.abort());
    stdout.on("resize", () => this.#draw());
    this.#keyboard.setRawMode?.(true);
    this.#keyboard.on("data", (keys) => this.#press(keys.toString()));
    stdout.write(ENTER_SCREEN);
    try {
      this.#draw();
      await Promise.all([this.#lookAgain(signal), this.#redraw(signal)]);
    } finally {
      stdout.write(LEAVE_SCREEN);
      this.#keyboard.setRawMode?.(false);
      this.#keyboard.pause();
    }
    return 0;
  }

  async #lookAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedMs = wallMs();
      const looked = await this.#looking.look();
      const blind = looked.ok
        ? []
        : looked.problems.map(({ where, what, why, fix }) => `${where}: ${what}: ${why}. ${fix}`);
      this.#seen = { ...this.#seen, ...(looked.ok ? { view: looked.view } : {}), blind };
      await this.#explain();
      this.#draw();
      // Of a large cluster a look takes long: it gets a fifth of the time at most.
      await sleep(Math.max(this.#looking.everyMs, 4 * (wallMs() - startedMs)), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  async #redraw(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(REDRAW_MS, undefined, { signal }).catch(() => undefined);
      this.#draw();
    }
  }

  #press(keys: string): void {
    const { view } = this.#seen;
    for (const [key] of keys.matchAll(KEY)) {
      const shown = view && matchingRows(view, this.#state.search);
      const next =
        shown === undefined
          ? key === "q" || key === "\u0003"
            ? "quit"
            : this.#state
          : pressKey(this.#state, key, shown);
      if (next === "quit") {
        this.#ending.abort();
        return;
      }
      const isOther = next.subject !== this.#state.subject;
      this.#state = next;
      if (isOther) {
        this.#seen = { ...this.#seen, explanation: "" };
        void this.#explain().then(() => this.#draw());
      }
    }
    this.#draw();
  }

  async #explain(): Promise<void> {
    const { subject } = this.#state;
    if (subject === "") return;
    const answer = await this.#looking.explain(subject);
    if (subject !== this.#state.subject) return;
    const explanation =
      "why" in answer ? `Cannot explain ${subject}: ${String(answer.why)}` : printExplanation(answer as Explanation);
    this.#seen = { ...this.#seen, explanation };
  }

  #draw(): void {
    if (this.#ending.signal.aborted) return;
    const { columns, rows } = sizeOf(this.#io);
    const form = { state: this.#state, nowMs: wallMs(), columns, lines: rows, style: textStyle(this.#io) };
    const lines = drawTop(this.#seen, form).slice(0, rows);
    this.#io.stdout.write(`${HOME}${lines.map((line) => `${line}${END_OF_LINE}`).join("\r\n")}${END_OF_SCREEN}`);
  }
}
