import { type RateLimits, RateZone } from "./rate-zone.ts";

/** Clients that are remembered, of all zones together: some 25 MB. */
const MAX_CLIENTS = 131_072;
/** Clients that may be forgotten at once. */
const FORGOTTEN_AT_ONCE = 1_000;

/** What one Ingress counts. */
interface Zone {
  readonly rates: RateZone;
  /** Those of the last request. */
  limits: RateLimits;
  /** Requests that are open now, by client; no zeros. */
  readonly open: Map<string, number>;
}

/** A request that is counted as open until it is released. */
export interface OpenRequest {
  /** To be called once. */
  release(): void;
}

/** What counts the requests of clients: one thread for itself, or several together. */
export type ClientCounts = Pick<ClientLimits, "admit" | "open" | "forgetOld">;

/**
 * What clients have asked for, for each zone alone; a zone is an Ingress with limits. Memory is bounded: beyond, the zone
 * with the most clients forgets the one that has been unused for the longest, so that no Ingress pays for another's flood.
 */
export class ClientLimits {
  readonly #zones = new Map<string, Zone>();
  readonly #maxClients: number;
  /** Of all zones. */
  #clients = 0;
  /** The largest zone, or one that was. */
  #largest: Zone | undefined;

  constructor(maxClients: number = MAX_CLIENTS) {
    this.#maxClients = maxClients;
  }

  /** Clients that are remembered. */
  get size(): number {
    return this.#clients;
  }

  get zones(): number {
    return this.#zones.size;
  }

  /** Whether a request is within the rates of a zone; it counts if it is. */
  admit(zoneKey: string, client: string, how: { readonly limits: RateLimits; readonly nowMs: number }): boolean {
    const zone = this.#zone(zoneKey);
    zone.limits = how.limits;
    if (!zone.rates.has(client)) this.#makeRoom(zone);
    return zone.rates.admit(client, how.limits, Math.floor(how.nowMs));
  }

  /** Counts one more open request of a client; undefined: it has as many as it may. */
  open(zoneKey: string, client: string, most: number): OpenRequest | undefined {
    const { open } = this.#zone(zoneKey);
    const count = open.get(client) ?? 0;
    if (count >= most) return undefined;
    open.set(client, count + 1);
    return {
      release: () => {
        const left = (open.get(client) ?? 0) - 1;
        if (left > 0) open.set(client, left);
        else open.delete(client);
      },
    };
  }

  /** Forgets clients that have asked for nothing for a while, and zones without any. To be called now and then. */
  forgetOld(nowMs: number): void {
    for (const [key, zone] of this.#zones) {
      const before = zone.rates.size;
      zone.rates.forgetDry(zone.limits, nowMs, FORGOTTEN_AT_ONCE);
      this.#clients -= before - zone.rates.size;
      if (zone.rates.size === 0 && zone.open.size === 0) this.#zones.delete(key);
    }
  }

  #zone(key: string): Zone {
    const known = this.#zones.get(key);
    if (known !== undefined) return known;
    const zone: Zone = { rates: new RateZone(), limits: NO_LIMITS, open: new Map() };
    this.#zones.set(key, zone);
    return zone;
  }

  /** For one more client in a zone. */
  #makeRoom(zone: Zone): void {
    if (this.#clients < this.#maxClients) this.#clients += 1;
    else this.#largestZone().rates.forgetOldest();
    if (zone.rates.size >= (this.#largest?.rates.size ?? 0)) this.#largest = zone;
  }

  #largestZone(): Zone {
    let largest = this.#largest;
    if (largest !== undefined && largest.rates.size > 0) return largest;
    for (const zone of this.#zones.values()) if (zone.rates.size > (largest?.rates.size ?? 0)) largest = zone;
    // There is one, because clients are remembered.
    return largest!;
  }
}

const NO_LIMITS: RateLimits = { perSecond: undefined, perMinute: undefined };
