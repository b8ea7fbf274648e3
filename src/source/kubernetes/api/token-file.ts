import { readFile } from "node:fs/promises";
import { monotonicMs } from "#src/process/clock.ts";

/** A kubelet renews a token when four fifths of its hour are over: this is soon enough, and costs nothing. */
const READ_EVERY_MS = 10_000;

/** A bearer token in a file that is rewritten now and then. */
export class TokenFile {
  readonly #path: string;
  #token: Promise<string> | undefined;
  #readMs = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The token, at most ten seconds old, or read this moment. Rejects if the file cannot be read. */
  async token(isNow: boolean): Promise<string> {
    const nowMs = monotonicMs();
    if (this.#token === undefined || isNow || nowMs - this.#readMs >= READ_EVERY_MS) {
      this.#readMs = nowMs;
      const token = readFile(this.#path, "utf8").then((text) => text.trim());
      this.#token = token;
      token.catch(() => {
        if (this.#token === token) this.#token = undefined;
      });
    }
    return this.#token;
  }
}
