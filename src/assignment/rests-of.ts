import { type Ip, parseIp } from "#src/ip/address.ts";
import type { KeptAddress } from "#src/model/kept-addresses.ts";
import type { Rest } from "./snapshot.ts";

/** A rest, and the address that rests. */
export interface RestingAddress extends Rest {
  readonly ip: Ip;
}

/**
 * How addresses rest that a history says are kept, in their order. `wallMs`: now, by the clock of the history's times;
 * `nowMs`: now, by that of the rests.
 */
export function restsOf(
  kept: readonly KeptAddress[],
  { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number },
): readonly RestingAddress[] {
  return kept.flatMap(({ address, service, at }) => {
    const [ip, atMs] = [parseIp(address), Date.parse(at)];
    if (ip === undefined || Number.isNaN(atMs)) return [];
    return [{ ip, service, sinceMs: nowMs - Math.max(0, wallMs - atMs) }];
  });
}
