import { type Ip, printIp } from "#src/ip/address.ts";
import { REST_MS } from "#src/assignment/pool-space.ts";

/** Freed addresses remembered at once: a /16 released in one go. */
const RESTING_MAX = 65_536;

/**
 * The addresses that Services have, and those that were in use a short while ago and are not now, whatever freed them: a
 * release, a deleted Service, an edit of the status by another program. In memory only: after a restart nothing rests.
 */
export class AddressesInUse {
  /** How many Services have an address, by canonical text. */
  readonly #holders = new Map<string, number>();
  /** Those that no Service has since the last call of `resting`. */
  readonly #freed = new Set<string>();
  #resting: ReadonlyMap<string, number> = new Map();
  /** A resting address is in use again. */
  #isTaken = false;

  /** Whether a Service has the address (canonical text). */
  has(ip: string): boolean {
    return this.#holders.has(ip);
  }

  add(ips: readonly Ip[]): void {
    for (const ip of ips.map(printIp)) {
      this.#holders.set(ip, (this.#holders.get(ip) ?? 0) + 1);
      this.#freed.delete(ip);
      this.#isTaken ||= this.#resting.has(ip);
    }
  }

  /** Takes back an `add`. */
  remove(ips: readonly Ip[]): void {
    for (const ip of ips.map(printIp)) {
      const left = (this.#holders.get(ip) ?? 0) - 1;
      if (left > 0) this.#holders.set(ip, left);
      else if (this.#holders.delete(ip)) this.#freed.add(ip);
    }
  }

  /** The addresses that rest now, the longest first, with the time each was freed. A new map whenever it differs.
   * `restMs`: the longest rest of any pool. */
  resting(nowMs: number, restMs = REST_MS): ReadonlyMap<string, number> {
    const isOver = (freedAtMs: number): boolean => nowMs - freedAtMs >= restMs;
    const [longestMs = nowMs] = this.#resting.values();
    if (this.#freed.size === 0 && !this.#isTaken && !isOver(longestMs)) return this.#resting;
    const still = [...this.#resting].filter(([ip, freedAtMs]) => !this.has(ip) && !isOver(freedAtMs));
    const freed = [...this.#freed].map((ip) => [ip, nowMs] as const);
    this.#resting = new Map([...still, ...freed].slice(-RESTING_MAX));
    this.#freed.clear();
    this.#isTaken = false;
    return this.#resting;
  }
}
