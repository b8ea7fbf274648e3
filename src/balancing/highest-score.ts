import type { EndpointGroup } from "./endpoint-group.ts";
import { mixed } from "./hash-text.ts";
import type { Policy } from "./policy.ts";

/**
 * The endpoint with the highest score for the request's hash (rendezvous hashing): every replica picks the same without a
 * table. Where an endpoint goes, only its own hashes move, evenly to the others; a new one gets its share from all.
 */
export const highestScore: Policy = ({ hashes }, among, { hash }) => {
  let picked = among[0]!;
  let best = -1;
  for (const index of among) {
    const score = scoreOf(hashes, index, hash);
    if (score > best) [picked, best] = [index, score];
  }
  return picked;
};

/** By chance one of the `size` endpoints with the highest scores for the hash: a hash that is asked for much is shared. */
export function oneOfHighest(size: number): Policy {
  return (group, among, request) => {
    if (size <= 1) return highestScore(group, among, request);
    const subset = highestOf(group, among, request.hash, size);
    return subset[Math.floor(request.chance() * subset.length)]!;
  };
}

function highestOf({ hashes }: EndpointGroup, among: readonly number[], hash: number, size: number): readonly number[] {
  if (among.length <= size) return among;
  const scored = among.map((index) => ({ index, score: scoreOf(hashes, index, hash) }));
  scored.sort((left, right) => right.score - left.score);
  return scored.slice(0, size).map(({ index }) => index);
}

function scoreOf(hashes: Uint32Array, index: number, hash: number): number {
  return mixed(hashes[index]! ^ hash);
}
