import { CLIENT_PREFACE } from "#src/http2/client-preface.ts";

/** Reads what each client begins with, however it comes. */
export class Preface {
  #matched = 0;

  get isWhole(): boolean {
    return this.#matched === CLIENT_PREFACE.length;
  }

  /** Returns how far the bytes belong to it; -1: the client says something else. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && !this.isWhole) {
      if (bytes[at] !== CLIENT_PREFACE[this.#matched]) return -1;
      at += 1;
      this.#matched += 1;
    }
    return at;
  }
}
