import { PING_AFTER_MS, PING_WAIT_MS } from "./bounds.ts";

/**
 * When an endpoint that owes answers is asked whether it is there. Once, until it sends something of an answer: servers of gRPC close
 * connections on which more comes (`too_many_pings`).
 */
export class PingWatch {
  #heardMs: number;
  #askedMs = Number.POSITIVE_INFINITY;
  #mayAsk = true;

  constructor(nowMs: number) {
    this.#heardMs = nowMs;
  }

  onBytes(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#askedMs = Number.POSITIVE_INFINITY;
  }

  /** Nothing was owed until now. */
  onFirstRequest(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  /** Part of an answer has come. */
  onAnswer(): void {
    this.#mayAsk = true;
  }

  /** `ask`: a PING is to be sent now. `gone`: nothing has come since the last one, for too long. */
  look(nowMs: number): "nothing" | "ask" | "gone" {
    if (nowMs - this.#askedMs >= PING_WAIT_MS) return "gone";
    if (!this.#mayAsk || nowMs - this.#heardMs < PING_AFTER_MS) return "nothing";
    this.#mayAsk = false;
    this.#askedMs = nowMs;
    return "ask";
  }
}
