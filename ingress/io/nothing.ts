import type { ConnectionEvents } from "./connection.ts";

/** The events of a connection that nothing reads: what comes is dropped. Its end is told by another. */
export const NOTHING: Omit<ConnectionEvents, "onClose"> = {
  onData: () => false,
  onEnd: () => undefined,
  onDrain: () => undefined,
};
