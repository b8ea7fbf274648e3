import { isClosed } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { coversParts } from "./covers-parts.ts";
import type { LostClaim, MergedHost, PathClaim } from "./merge-host.ts";

/** Whether an Ingress is a canary: it has no rules of its own. */
export function isCanary({ settings }: Ingress): boolean {
  return settings.canary === true;
}

/**
 * Gives each claim of a canary (the oldest first) to the main claim of the same path and type in its namespace, which has one
 * canary at most: the others are added to `lost`. Who writes Ingresses in one namespace takes no requests from another one. What the
 * main claim asks holds for the canary's requests, so where policies ask more of the canary it gets none.
 */
export function addCanaries(
  claims: readonly PathClaim[],
  mainOf: (claim: PathClaim) => PathClaim | undefined,
  lost: LostClaim[],
): Pick<MergedHost, "canaries" | "alone" | "uncovered"> {
  const canaries = new Map<PathClaim, PathClaim>();
  const alone: PathClaim[] = [];
  const uncovered: PathClaim[] = [];
  for (const claim of claims) {
    if (isClosed(claim.target)) continue;
    const found = mainOf(claim);
    const main = found?.ingress.namespace === claim.ingress.namespace ? found : undefined;
    const winner = main && canaries.get(main);
    const asked = claim.applied?.map(({ part }) => part);
    if (main === undefined || isClosed(main.target)) alone.push(claim);
    else if (!coversParts(main.applied, asked)) uncovered.push(claim);
    else if (winner === undefined) canaries.set(main, claim);
    else lost.push({ loser: claim, winner });
  }
  return { canaries, alone, uncovered };
}
