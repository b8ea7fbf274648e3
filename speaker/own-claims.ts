import type { AnnouncementPlan } from "#src/election/plan.ts";
import type { Ip } from "#src/ip/address.ts";
import type { Claim } from "#src/wire/heartbeat.ts";

/** How the claims changed, by address text. */
export interface ClaimsChange {
  /** Claimed from now on, or claimed anew at a higher term. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** What this speaker answers for, and since when. */
export class OwnClaims {
  readonly #sinceMs = new Map<string, number>();
  #byAddress: ReadonlyMap<string, Claim> = new Map();
  #version = 1;

  /** By address text; a new map after each change, never mutated. */
  get byAddress(): ReadonlyMap<string, Claim> {
    return this.#byAddress;
  }

  /** Changes whenever the claims do; 32 bits. */
  get version(): number {
    return this.#version;
  }

  addresses(): ReadonlyMap<string, Ip> {
    return new Map([...this.#byAddress].map(([key, { ip }]) => [key, ip]));
  }

  /** When the address was claimed, in monotonic milliseconds. */
  sinceMs(key: string): number {
    return this.#sinceMs.get(key) ?? 0;
  }

  /** Claims exactly what the plan says. */
  replace(plan: AnnouncementPlan, nowMs: number): ClaimsChange {
    const claims = new Map<string, Claim>();
    for (const [key, { claim }] of plan) if (claim !== undefined) claims.set(key, claim);
    const gained = [...claims.keys()].filter((key) => this.#byAddress.get(key)?.term !== claims.get(key)?.term);
    const lost = [...this.#byAddress.keys()].filter((key) => !claims.has(key));
    if (gained.length > 0 || lost.length > 0) {
      this.#byAddress = claims;
      this.#version = (this.#version % 0xffff_ffff) + 1;
    }
    for (const key of gained) this.#sinceMs.set(key, nowMs);
    for (const key of lost) this.#sinceMs.delete(key);
    return { gained, lost };
  }
}
