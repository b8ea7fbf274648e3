import type { AccessDecision } from "./access-control.ts";

/** The request of a client's connection that waits for its access: its head and what has come of its body, in a buffer of their own. */
export class AccessWait {
  /** Undefined: none waits. */
  #pieces: Buffer[] | undefined;

  get isOn(): boolean {
    return this.#pieces !== undefined;
  }

  /** Keeps a request, from its first byte on, and calls back with all of it when its access is known, unless it has ended meanwhile. */
  async begin(
    access: Promise<AccessDecision>,
    first: Buffer,
    onAccess: (found: AccessDecision, bytes: Buffer) => void,
  ): Promise<void> {
    const pieces = [Buffer.from(first)];
    this.#pieces = pieces;
    const found = await access;
    if (this.#pieces !== pieces) return;
    this.#pieces = undefined;
    onAccess(found, pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
  }

  /** Keeps more of its body, if it waits. There is little: nothing is read from the client meanwhile. */
  add(bytes: Buffer, start: number, end: number): void {
    this.#pieces?.push(Buffer.from(bytes.subarray(start, end)));
  }

  /** The client has gone, or the request was answered. */
  end(): void {
    this.#pieces = undefined;
  }
}
