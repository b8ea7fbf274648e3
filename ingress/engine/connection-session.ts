import type { AcceptedEvents, Connection } from "#ingress/io/connection.ts";
import type { Reader } from "./unsent-bytes.ts";

/** A client's connection, whatever it speaks. */
export interface ConnectionSession extends AcceptedEvents, Reader {
  /** The connection itself. */
  readonly client: Connection;
  /** Looks at deadlines. */
  onTick(nowMs: number): void;
  /**
   * The program ends: lets the client know, where its protocol can say so. `isLast`: no further connection is accepted, and this one ends
   * where its client has sent no request for LAST_REQUEST_MS.
   */
  drain(isLast: boolean): void;
  /** Closes, whatever is under way. */
  close(): void;
}
