import type { Policy } from "./policy.ts";

/** The endpoint whose turn it is, or the next one that may be picked. */
export const roundRobin: Policy = (_, among, { turn }) => among.find((index) => index >= turn) ?? among[0]!;
