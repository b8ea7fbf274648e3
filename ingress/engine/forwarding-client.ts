import type { AnswerHead } from "./client-stream.ts";
import type { EndpointFailure } from "./counters.ts";
import type { ForwardingStart } from "./forwarding-start.ts";
import type { ResponseReason } from "./response-reason.ts";

/** What gets the answer of a request that is forwarded. */
export interface ForwardingClient {
  readonly wantsPlainBody: boolean;
  /** Interim answers are passed on. */
  readonly takesInterim: boolean;
  readonly isStalled: boolean;
  /** Sends a head and, where it fits, the part of the body that came with it; returns how far the body went with it. */
  respond(answer: AnswerHead): number;
  /** Sends to the client; true: the buffer is kept, stop until `onClientDrain`. */
  sendToClient(bytes: Buffer, start: number, end: number): boolean;
  setDeadline(afterMs: number): void;
  pauseClient(): void;
  resumeClient(): void;
  /** The response is complete. */
  onForwarded(status: number): void;
  /** Another Service answers in place of an error, from now on: this is what it is asked. */
  onErrorPage(request: ForwardingStart): void;
  /** No response has begun, and none will: this failure must be answered. */
  onForwardingFailure(reason: EndpointFailure): void;
  /** The response cannot be completed: the client must not take it for complete. */
  abortClient(reason: ResponseReason): void;
  /** Bytes go both ways from now on. */
  onTunnel(): void;
  onTunnelEnd(): void;
  /** Both sides of the tunnel had ended, and the endpoint has taken all. */
  onTunnelGone(): void;
}
