import type { EndpointFailure } from "./counters.ts";
import type { ExchangeRequest } from "./exchange-request.ts";
import type { ResponseReason } from "./response-reason.ts";

/** The client's side of an exchange. */
export interface ExchangeClient {
  /** Sends to the client; true: the buffer is kept, stop until `onClientDrain`. */
  sendToClient(bytes: Buffer, start: number, end: number): boolean;
  /** Sends the first bytes of the scratch buffer, of which `headBytes` are a head; true: stop until `onClientDrain`. */
  sendScratch(length: number, headBytes: number): boolean;
  setDeadline(afterMs: number): void;
  pauseClient(): void;
  resumeClient(): void;
  /** The response is complete; the connection may serve another request, or is closed. */
  onExchangeEnd(status: number, mayKeepAlive: boolean): void;
  /** Another Service answers in place of an error, from now on: this is what it is asked. */
  onErrorPage(request: ExchangeRequest): void;
  /** No response has begun, and none will: this failure must be answered. */
  onExchangeFailure(reason: EndpointFailure): void;
  /** The response cannot be completed: the client must not take it for complete. */
  abortClient(reason: ResponseReason): void;
  /** Bytes go both ways from now on. */
  onTunnel(): void;
  onTunnelEnd(): void;
  /** Both sides of the tunnel had ended, and the endpoint has taken all. */
  onTunnelGone(): void;
}
