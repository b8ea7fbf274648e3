import type { AnswerRate } from "#src/filters/answer-rate.ts";
import type { AnswerCompression } from "./answer-compression.ts";
import { AnswerPace } from "./answer-pace.ts";
import type { CompressedBodySink } from "./compressed-body.ts";
import type { EngineContext } from "./context.ts";
import type { AnswerHead } from "./client-stream.ts";
import type { ForwardingClient } from "./forwarding-client.ts";

/** Where an answer comes from. */
export interface AnswerSource {
  /** Nothing more is to be read of the answer, until `resume`. */
  pause(): void;
  resume(): void;
  /** Another side is awaited than before. */
  onTurn(): void;
  /** The client has all of the answer, or it is queued for it. */
  onAnswerSent(): void;
}

/**
 * The way of an answer to its client: compressed where it is to be, no faster than it may be, and held back at its source while the
 * client, or a compressor, does not keep up.
 */
export class AnswerFlow implements CompressedBodySink {
  /** What was sent lies here until the client reads on. */
  isStalled = false;
  readonly #context: Pick<EngineContext, "nowMs" | "unsent">;
  readonly #client: ForwardingClient;
  readonly #source: AnswerSource;
  readonly #compression: AnswerCompression | undefined;
  #pace: AnswerPace | undefined;
  #onMemory: (() => void) | undefined;

  constructor(
    context: Pick<EngineContext, "nowMs" | "unsent">,
    ends: { readonly client: ForwardingClient; readonly source: AnswerSource },
    compression: AnswerCompression | undefined,
  ) {
    this.#context = context;
    this.#client = ends.client;
    this.#source = ends.source;
    this.#compression = compression;
  }

  /** From now on nothing is sent faster than this. */
  keepTo(rate: AnswerRate): void {
    this.#pace = new AnswerPace(rate, this.#context.nowMs);
  }

  /** Sends a head and, where it fits, the part of the body that came with it; returns how far the body went with it. */
  sendHead(answer: AnswerHead): number {
    const sentTo = this.#client.respond(answer);
    this.#stallIf(this.#client.isStalled);
    this.#holdIfFast(sentTo - answer.bodyStart);
    return sentTo;
  }

  /** Sends a part of the body; true: the buffer is kept. */
  send(bytes: Buffer, start: number, end: number): boolean {
    const compressed = this.#compression?.body;
    if (compressed === undefined) return this.#pass(bytes, start, end);
    compressed.add(bytes, start, end);
    if (compressed.isBusy) this.#source.pause();
    return false;
  }

  /** All of the body was sent, from the side of its source. */
  end(): void {
    const compressed = this.#compression?.body;
    if (compressed === undefined) this.#source.onAnswerSent();
    else compressed.end();
  }

  /** Nothing further is sent: the client is gone, or gets another answer. */
  close(): void {
    this.isStalled = false;
    this.#compression?.close();
  }

  /** All that was sent to the client has left. */
  onClientDrain(): void {
    if (!this.isStalled) return;
    if (this.#context.unsent.isTight) {
      this.#context.unsent.whenRoom((this.#onMemory ??= () => this.onClientDrain()));
      return;
    }
    this.isStalled = false;
    this.#source.onTurn();
    this.onRoom();
  }

  /** Lets an answer go on that was too fast. Until then nothing is awaited. */
  onTick(): void {
    if (this.#pace?.isHolding !== true) return;
    this.#pace.update(this.#context.nowMs);
    if (this.isStalled) return;
    this.#source.onTurn();
    this.onRoom();
  }

  onCompressed(bytes: Buffer): void {
    this.#pass(bytes, 0, bytes.length);
  }

  /** Reads on, unless something else holds the answer back. */
  onRoom(): void {
    const isHeld = this.isStalled || this.#pace?.isHolding === true;
    if (!isHeld && this.#compression?.body?.isBusy !== true) this.#source.resume();
  }

  onCompressedEnd(): void {
    this.#source.onAnswerSent();
  }

  onCompressionFailure(): void {
    this.#client.abortClient("compression-failed");
  }

  #pass(bytes: Buffer, start: number, end: number): boolean {
    const isKept = this.#stallIf(this.#client.sendToClient(bytes, start, end));
    this.#holdIfFast(end - start);
    return isKept;
  }

  #holdIfFast(sentBytes: number): void {
    if (this.#pace?.add(sentBytes, this.#context.nowMs) === true) this.#source.pause();
  }

  #stallIf(isKept: boolean): boolean {
    if (isKept && !this.isStalled) {
      this.isStalled = true;
      this.#source.onTurn();
      this.#source.pause();
    }
    return isKept;
  }
}
