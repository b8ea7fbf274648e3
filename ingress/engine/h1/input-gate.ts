import type { Connection } from "#ingress/io/connection.ts";

/** Holds back the input of a client for either of two reasons; it goes on when neither is left. */
export class InputGate {
  readonly #connection: Pick<Connection, "pause" | "resume">;
  /** Bytes of the next request have come while a response is under way, or the client takes no answers. */
  #isHeldForTurn = false;
  /** The endpoint does not keep up with the body. */
  #isHeldByExchange = false;

  constructor(connection: Pick<Connection, "pause" | "resume">) {
    this.#connection = connection;
  }

  get isHeld(): boolean {
    return this.#isHeldForTurn || this.#isHeldByExchange;
  }

  holdForTurn(): void {
    this.#isHeldForTurn = true;
    this.#connection.pause();
  }

  holdByExchange(): void {
    this.#isHeldByExchange = true;
    this.#connection.pause();
  }

  /** The next request may be read. */
  releaseForTurn(): void {
    this.#isHeldForTurn = false;
    if (!this.isHeld) this.#connection.resume();
  }

  /** The endpoint takes more of the body. */
  releaseByExchange(): void {
    this.#isHeldByExchange = false;
    if (!this.isHeld) this.#connection.resume();
  }

  /** The exchange is over; the input goes on when the next request may be read. */
  forgetExchange(): void {
    this.#isHeldByExchange = false;
  }

  /** Whatever the reasons were, all input may come. */
  release(): void {
    this.#isHeldForTurn = this.#isHeldByExchange = false;
    this.#connection.resume();
  }
}
