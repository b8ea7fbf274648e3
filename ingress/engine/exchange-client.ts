import type { EndpointFailure } from "./counters.ts";
import type { ResponseReason } from "./response-reason.ts";

/** The client's side of an exchange. */
export interface ExchangeClient {
  /** Sends to the client; true: the buffer is kept, stop until `onClientDrain`. */
  sendToClient(bytes: Buffer, start: number, end: number): boolean;
  /** Sends the first bytes of the scratch buffer; true: stop until `onClientDrain`. */
  sendScratch(length: number): boolean;
  setDeadline(afterMs: number): void;
  pauseClient(): void;
  resumeClient(): void;
  /** The response is complete, or (undefined) none has begun and this failure must be answered. */
  onExchangeEnd(status: number, mayKeepAlive: boolean): void;
  onExchangeFailure(reason: EndpointFailure): void;
  /** The response cannot be completed: the client must not take it for complete. */
  abortClient(reason: ResponseReason): void;
  /** Bytes go both ways from now on. */
  onTunnel(): void;
  onTunnelEnd(): void;
  /** Both sides of the tunnel had ended, and the endpoint has taken all. */
  onTunnelGone(): void;
}
