import type { ClientCounts, OpenRequest } from "#src/filters/client-limits.ts";
import type { RateLimits } from "#src/filters/rate-zone.ts";
import type { SharedBuckets } from "#ingress/shared/shared-buckets.ts";
import type { SharedPlaces } from "#ingress/shared/shared-places.ts";

/** What clients have asked for, for limits of Ingresses, of all workers together. */
export class SharedClientLimits implements ClientCounts {
  readonly #rates: SharedBuckets;
  readonly #open: SharedPlaces;

  constructor(rates: SharedBuckets, open: SharedPlaces) {
    this.#rates = rates;
    this.#open = open;
  }

  admit(
    zone: string,
    client: string,
    { limits, nowMs }: { readonly limits: RateLimits; readonly nowMs: number },
  ): boolean {
    const { perSecond, perMinute } = limits;
    const uses = [
      ...(perSecond === undefined ? [] : [{ bucket: `s ${client}`, limit: perSecond }]),
      ...(perMinute === undefined ? [] : [{ bucket: `m ${client}`, limit: perMinute }]),
    ];
    return this.#rates.admit(zone, uses, nowMs) === 0;
  }

  /** Undefined also where there is no room to count one more client. */
  open(zone: string, client: string, most: number): OpenRequest | undefined {
    const giveBack = this.#open.take(`${zone}\0${client}`, most);
    return giveBack && { release: giveBack };
  }

  forgetOld(): void {}
}
