import type { AnnouncementPlan } from "./plan.ts";
import type { Claim } from "#src/wire/heartbeat.ts";

/** How the claims changed, by address text. */
export interface ClaimsChange {
  /** Claimed from now on, or claimed again at a higher term. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** What this speaker answers for. */
export class OwnClaims {
  readonly #byAddress = new Map<string, Claim>();
  #version = 1;

  /** By address text, the newest claims last; always the same map, as it is now. */
  get byAddress(): ReadonlyMap<string, Claim> {
    return this.#byAddress;
  }

  /** Changes whenever the claims do; 32 bits. */
  get version(): number {
    return this.#version;
  }

  /** Of the addresses given claims those that the plan has a claim for, and no others. */
  update(keys: Iterable<string>, plan: AnnouncementPlan): ClaimsChange {
    const gained: string[] = [];
    const lost: string[] = [];
    for (const key of keys) {
      const before = this.#byAddress.get(key);
      const claim = plan.get(key)?.claim;
      if (claim !== undefined && before?.term !== claim.term) gained.push(key);
      if (claim === undefined && before !== undefined) lost.push(key);
    }
    if (gained.length === 0 && lost.length === 0) return { gained, lost };
    for (const key of [...gained, ...lost]) this.#byAddress.delete(key);
    for (const key of gained) {
      const claim = plan.get(key)?.claim;
      if (claim !== undefined) this.#byAddress.set(key, claim);
    }
    this.#version = (this.#version % 0xffff_ffff) + 1;
    return { gained, lost };
  }
}
