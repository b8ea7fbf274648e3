import type { Assignment } from "./snapshot.ts";

/** Whether the decision leaves the Service to others: then nothing is written. */
export function isHandsOff({ kind, reason }: Pick<Assignment, "kind" | "reason">): boolean {
  return kind === "ignore" && reason !== "AddressReleased";
}
