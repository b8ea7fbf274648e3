import type { Turns } from "#ingress/engine/turns.ts";
import type { Connection } from "#ingress/io/connection.ts";

/** Holds back the input of a client whose turn is over, or that does not read itself. */
export class InputTurns {
  readonly #connection: Pick<Connection, "pause" | "resume">;
  readonly #turns: Turns;
  readonly #read: (bytes: Buffer, start: number, end: number) => void;
  /** Input that waits for its turn. */
  #rest: Buffer | undefined;
  #isHeld = false;

  /** `read` reads on when it is the client's turn again. */
  constructor(
    connection: Pick<Connection, "pause" | "resume">,
    turns: Turns,
    read: (bytes: Buffer, start: number, end: number) => void,
  ) {
    this.#connection = connection;
    this.#turns = turns;
    this.#read = read;
  }

  /** Memory that is held. */
  get heldBytes(): number {
    return this.#rest?.length ?? 0;
  }

  /** Has what came wait behind what waits already; false: nothing does. */
  queue(bytes: Buffer, start: number, end: number): boolean {
    if (this.#rest === undefined) return false;
    this.#rest = Buffer.concat([this.#rest, bytes.subarray(start, end)]);
    return true;
  }

  /** The client has had its turn: the rest waits. */
  wait(bytes: Buffer, start: number, end: number): void {
    this.#rest = Buffer.from(bytes.subarray(start, end));
    this.#turns.add(this.#readRest);
  }

  /** Nothing that waits is read. */
  drop(): void {
    this.#rest = undefined;
  }

  /** Reads from the connection, or does not; `isFull`: too much waits for the client. */
  update(isFull: boolean): void {
    const mustHold = isFull || this.#rest !== undefined;
    if (mustHold === this.#isHeld) return;
    this.#isHeld = mustHold;
    if (mustHold) this.#connection.pause();
    else this.#connection.resume();
  }

  readonly #readRest = (): void => {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) this.#read(rest, 0, rest.length);
  };
}
