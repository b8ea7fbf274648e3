import type { Policy } from "./policy.ts";

/** The endpoint with the fewest requests under way; of equals the first from the turn on, so that idle ones take turns. */
export const leastConnections: Policy = ({ loads }, among, { turn }) => {
  const first = Math.max(
    among.findIndex((index) => index >= turn),
    0,
  );
  let picked = among[first]!;
  for (let step = 1; step < among.length; step++) {
    const index = among[(first + step) % among.length]!;
    if (loads[index]!.underWay < loads[picked]!.underWay) picked = index;
  }
  return picked;
};
