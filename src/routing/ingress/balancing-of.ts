import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { Balancing } from "#src/routing/balancing.ts";

/** As in ingress-nginx. */
const SUBSET_SIZE = 3;

/** How the endpoints for an Ingress are chosen; undefined: in turns, and by nothing else. */
export function balancingOf(settings: IngressSettings): Balancing | undefined {
  const { loadBalance: policy = "round-robin", hashBy: parts, hashBySubset, hashBySubsetSize } = settings;
  if (policy === "round-robin" && parts === undefined) return undefined;
  const subsetSize = hashBySubset === true ? (hashBySubsetSize ?? SUBSET_SIZE) : 1;
  return { policy, ...(parts && { hashBy: { parts, subsetSize } }) };
}
