import type { ConnectionEvents } from "./connection.ts";

/** The events of a connection that nothing reads: what comes is dropped. `onClose` has to be added. */
export const NOTHING: Omit<ConnectionEvents, "onClose"> = {
  onData: () => false,
  onEnd: () => undefined,
  onDrain: () => undefined,
};
