import type { AcceptedEvents } from "#ingress/io/connection.ts";
import type { Reader } from "./unsent-bytes.ts";

/** A client's connection, whatever it speaks. */
export interface ConnectionSession extends AcceptedEvents, Reader {
  /** Between requests, and the client has all answers. */
  readonly isIdle: boolean;
  /** Looks at deadlines. */
  onTick(nowMs: number): void;
  /** The program ends: lets the client know, where its protocol can say so. `isLast`: no further connection is accepted. */
  drain(isLast: boolean): void;
  /** Closes, whatever is under way. */
  close(): void;
}
