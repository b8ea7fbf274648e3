import type { Connection, ConnectionEvents } from "#ingress/io/connection.ts";

/** A connection of memory: what was sent, and input in pieces that obeys `pause`. */
export class MemoryConnection implements Connection {
  readonly remoteAddress = "192.0.2.1";
  readonly localPort = 80;
  readonly isSecure = false;
  readonly alpn: string | undefined;
  readonly queuedBytes = 0;
  sent = "";
  ending = "";
  events: ConnectionEvents | undefined;
  #pieces: Buffer[] = [];
  #isPaused = false;

  constructor(alpn?: string) {
    this.alpn = alpn;
  }

  /** Delivers as many pieces as it may. */
  deliver(pieces: readonly Buffer[] = []): void {
    this.#pieces.push(...pieces);
    while (!this.#isPaused && this.ending === "") {
      const piece = this.#pieces.shift();
      if (piece === undefined) return;
      // In the middle of a larger buffer that changes afterwards, as a shared one does.
      const shared = Buffer.concat([Buffer.from("GET "), piece, Buffer.from("\r\n\r\n")]);
      if (this.events?.onData(shared, 4, 4 + piece.length) !== true) shared.fill("#");
    }
  }
  send(buffer: Buffer, start: number, end: number): boolean {
    this.sent += buffer.toString("latin1", start, end);
    return true;
  }
  pause(): void {
    this.#isPaused = true;
  }
  resume(): void {
    this.#isPaused = false;
  }
  end(): boolean {
    this.ending ||= "end";
    return true;
  }
  finish(): void {
    this.ending ||= "end";
  }
  close(): void {
    this.ending ||= "close";
  }
  abort(): void {
    this.ending ||= "abort";
  }
}

/** Cuts bytes at these places (taken modulo the length). */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % bytes.length))].sort((left, right) => left - right);
  return [0, ...cuts]
    .map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length))
    .filter(({ length }) => length > 0);
}
