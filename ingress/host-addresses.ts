import type { NetworkInterfaceInfo } from "node:os";

/** Looking at the interfaces takes a part of a millisecond, and there may be many thousands of addresses to compare. */
const LOOK_AGAIN_MS = 1_000;

/** Tells whether an address is on an interface of this host. `nowMs`: milliseconds that never go back. */
export function hostAddresses(
  interfaces: () => NodeJS.Dict<readonly NetworkInterfaceInfo[]>,
  nowMs: () => number,
): (address: string) => boolean {
  let own: ReadonlySet<string> = new Set();
  let lookedMs = Number.NEGATIVE_INFINITY;
  return (address) => {
    if (nowMs() - lookedMs >= LOOK_AGAIN_MS) {
      lookedMs = nowMs();
      own = new Set(Object.values(interfaces()).flatMap((list) => list?.map((one) => one.address) ?? []));
    }
    return own.has(address);
  };
}
