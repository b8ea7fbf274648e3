import { between, lost } from "./gap.ts";
import type { Prober } from "./prober.ts";

/** The last probes are left out: their answers may still be under way. */
const UNDER_WAY_NS = 100_000_000n;

/** Probes sent in a while, and how many of them got no good answer. */
export interface LostProbes {
  readonly probes: number;
  readonly lost: number;
}

/**
 * The probes sent while `act` runs, and until so many good ones in a row have followed it and what is done `meanwhile` has ended;
 * `fromNs`: when it began. Ends the prober.
 */
export async function lostWhile(
  prober: Prober,
  calmProbes: number,
  act: (fromNs: bigint) => Promise<unknown>,
  meanwhile: () => Promise<unknown> = async () => undefined,
): Promise<LostProbes> {
  const fromNs = process.hrtime.bigint();
  await act(fromNs);
  await Promise.all([prober.waitForGood(calmProbes), meanwhile()]);
  const toNs = process.hrtime.bigint() - UNDER_WAY_NS;
  const records = await prober.stop();
  return { probes: between(records, fromNs, toNs).length, lost: lost(records, fromNs, toNs) };
}
