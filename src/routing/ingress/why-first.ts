import type { Ingress } from "#src/model/ingress.ts";
import { compareAge } from "./routing-snapshot.ts";

/** Why the first of two Ingresses goes first. */
export function whyFirstOf(winner: Ingress, loser: Ingress): string {
  return winner.createdMs < loser.createdMs && compareAge(winner, loser) < 0
    ? "is older"
    : "comes first by namespace and name";
}
