import { ErrorCode } from "#src/http2/error-code.ts";
import { goAwayFrame, pingFrame } from "#src/http2/frames.ts";

/** No stream has this number: the client may still have sent requests before it learns of the end. */
const LAST_POSSIBLE_STREAM = 0x7fff_ffff;
/** Its answer says that all requests have come that the client sent before it knew. */
const PING = Buffer.from("draining");
/** How long that answer may take. */
const PING_MS = 1_000;

/**
 * Ends a connection without loss (RFC 9113 section 6.8): first GOAWAY that refuses nothing, then, when the client knows, one that says
 * which requests are the last ones.
 */
export class Drain {
  readonly #output: { add(frames: Uint8Array): void };
  #state: "none" | "asked" | "over" = "none";
  #endsMs = 0;

  constructor(output: { add(frames: Uint8Array): void }) {
    this.#output = output;
  }

  /** Further requests of the client may be on their way. */
  get isUnderWay(): boolean {
    return this.#state === "asked";
  }

  /** Further requests are refused. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  begin(nowMs: number): void {
    if (this.#state !== "none") return;
    this.#state = "asked";
    this.#endsMs = nowMs + PING_MS;
    this.#output.add(goAwayFrame(LAST_POSSIBLE_STREAM, ErrorCode.NoError));
    this.#output.add(pingFrame(PING, 0));
  }

  /** The client has answered a PING; true: the drain is over now. */
  onPing(payload: Uint8Array, lastStream: number): boolean {
    return PING.equals(payload) && this.#end(lastStream);
  }

  /** True: the drain is over now. */
  onTick(nowMs: number, lastStream: number): boolean {
    return nowMs >= this.#endsMs && this.#end(lastStream);
  }

  #end(lastStream: number): boolean {
    if (this.#state !== "asked") return false;
    this.#state = "over";
    this.#output.add(goAwayFrame(lastStream, ErrorCode.NoError));
    return true;
  }
}
