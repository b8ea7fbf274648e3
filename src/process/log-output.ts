import { constants, fstatSync, openSync, writeSync } from "node:fs";

/** Lines of our own log that wait at most for a reader. */
const MAX_UNREAD_BYTES = 4_194_304;
/** Lines of an access log wait in three quarters of that, so that they never crowd out the program's own. */
const MAX_UNREAD_ACCESS_BYTES = 3_145_728;
/** How often output that could not be written is tried again. */
const RETRY_MS = 10;
/** How long the end of the program waits for a reader that is only slow. */
const LAST_WAIT_MS = 500;
const LAST_LOOK_MS = 10;

/**
 * Writes lines to a file descriptor without ever waiting for the reader. What is not read yet waits in memory, up
 * to a bound; lines beyond it are dropped whole and counted. Lines never mix, because all of a program's go through one
 * of these.
 */
export class LogOutput {
  /** Lines dropped so far. */
  droppedLines = 0;
  /** Called when all that waited is written after lines were dropped, with how many that were. */
  onRecovered: ((droppedLines: number) => void) | undefined;
  readonly #fd: number;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #reportedLines = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(fd: number) {
    this.#fd = nonBlocking(fd);
  }

  /** Takes one whole line of the program's log. */
  write(line: string): void {
    this.#add(Buffer.from(line), MAX_UNREAD_BYTES);
  }

  /** Takes whole lines of the access log, which are dropped first. The buffer is ours from now on. */
  writeAccessLines(lines: Buffer): void {
    this.#add(lines, MAX_UNREAD_ACCESS_BYTES);
  }

  /** Gives a slow reader a moment to take what waits: for the end of the program. */
  flushSync(): void {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let waitedMs = 0; !this.#flush() && waitedMs < LAST_WAIT_MS; waitedMs += LAST_LOOK_MS) {
      Atomics.wait(pause, 0, 0, LAST_LOOK_MS);
    }
  }

  #add(lines: Buffer, maxBytes: number): void {
    if (this.#waitingBytes > 0 && this.#waitingBytes + lines.length > maxBytes) {
      this.#drop(lines);
      return;
    }
    this.#waiting.push(lines);
    this.#waitingBytes += lines.length;
    // What waits already goes first, and its timer runs.
    if (this.#timer === undefined) this.#flushOrRetry();
  }

  #flushOrRetry(): void {
    if (!this.#flush()) {
      this.#timer ??= setInterval(() => this.#flushOrRetry(), RETRY_MS).unref();
      return;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
    const dropped = this.droppedLines - this.#reportedLines;
    if (dropped === 0) return;
    this.#reportedLines = this.droppedLines;
    this.onRecovered?.(dropped);
  }

  /** Writes what can be written now; true: all of it. */
  #flush(): boolean {
    for (let lines = this.#waiting[0]; lines !== undefined; lines = this.#waiting[0]) {
      const written = this.#tryWrite(lines);
      this.#waitingBytes -= written;
      if (written < lines.length) {
        this.#waiting[0] = lines.subarray(written);
        return false;
      }
      this.#waiting.shift();
    }
    return true;
  }

  /** How many bytes went: 0 while the reader is behind (EAGAIN) or there is no room (ENOSPC); what can never go is dropped. */
  #tryWrite(lines: Buffer): number {
    try {
      return writeSync(this.#fd, lines);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (["EAGAIN", "EINTR", "ENOSPC", "EDQUOT"].includes(code)) return 0;
      this.#drop(lines);
      return lines.length;
    }
  }

  #drop(lines: Buffer): void {
    for (let at = lines.indexOf(LF); at !== -1; at = lines.indexOf(LF, at + 1)) this.droppedLines += 1;
  }
}

const LF = 0x0a;

/**
 * A descriptor for the same output whose writes do not wait. A pipe or a terminal is opened again, because the flag
 * would also hold for other programs that share it; a file never waits and keeps its position. Where it cannot be opened
 * (a socket, another user's pipe) the runtime sets the flag when it makes its stream of it.
 */
function nonBlocking(fd: number): number {
  try {
    const stat = fstatSync(fd);
    if (stat.isFile()) return fd;
    if (stat.isFIFO() || stat.isCharacterDevice()) {
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    }
  } catch {
    // Tried the other way.
  }
  try {
    (fd === 2 ? process.stderr : process.stdout).on("error", () => undefined);
  } catch {
    // It is closed: nothing can be written, and that must not end the program.
  }
  return fd;
}

let standardOutput: LogOutput | undefined;
let standardError: LogOutput | undefined;

/** The one writer of this program to stdout. */
export function standardLogOutput(): LogOutput {
  standardOutput ??= flushedAtExit(new LogOutput(1));
  return standardOutput;
}

/** The one writer of log lines of this program to stderr. */
export function errorLogOutput(): LogOutput {
  standardError ??= flushedAtExit(new LogOutput(2));
  return standardError;
}

function flushedAtExit(output: LogOutput): LogOutput {
  process.on("exit", () => output.flushSync());
  return output;
}
