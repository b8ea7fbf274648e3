import type { EndpointGroup } from "#src/balancing/endpoint-group.ts";
import { newLoad } from "#src/balancing/endpoint-load.ts";
import { hashText } from "#src/balancing/hash-text.ts";
import type { Policy, PolicyRequest } from "#src/balancing/policy.ts";
import { Dice } from "#test/assignment/dice.ts";

/** A group of endpoints with keys like those of pods. */
export function groupOf(count: number): EndpointGroup {
  const all = Array.from({ length: count }, (_, index) => index);
  return { all, hashes: Uint32Array.from(all, hashOf), loads: all.map(() => newLoad()) };
}

/** Of what identifies the endpoint of this index. */
function hashOf(index: number): number {
  return hashText(
    `0f3c1d5e-7a11-4b9e-9d2f-${String(index).padStart(12, "0")} 10.244.${index >> 8}.${index & 255} 8080`,
  );
}

/** A request whose chance comes from a seed. */
export function requestOf(given: Partial<PolicyRequest> = {}, seed = 1): PolicyRequest {
  const dice = new Dice(seed);
  return { hash: 0, nowMs: 0, turn: 0, chance: () => dice.chance(), ...given };
}

/** How often each endpoint is picked by a policy for so many requests. */
export function countPicks(
  { group, among = group.all, policy }: { group: EndpointGroup; among?: readonly number[]; policy: Policy },
  requests: Iterable<PolicyRequest>,
): number[] {
  const counts = group.all.map(() => 0);
  for (const request of requests) counts[policy(group, among, request)]! += 1;
  return counts;
}

/** How far counts are from equal ones: Pearson's statistic, which is mostly about `counts.length - 1` where chance is fair. */
export function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
