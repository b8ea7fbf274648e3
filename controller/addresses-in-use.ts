import { type Ip, printIp } from "#src/ip/address.ts";
import { cutRests } from "#src/assignment/cut-rests.ts";
import { REST_MS } from "#src/assignment/pool-space.ts";
import type { RestingAddress } from "#src/assignment/rests-of.ts";
import type { Rest } from "#src/assignment/snapshot.ts";

/**
 * The addresses that Services have, and those that were in use before and are not now, whatever freed them: a
 * release, a deleted Service, an edit of the status by another program.
 */
export class AddressesInUse {
  /** What each Service has, by its key. */
  readonly #byKey = new Map<string, readonly Ip[]>();
  /** How many Services have an address, by canonical text. */
  readonly #holders = new Map<string, number>();
  /** Those that no Service has since the last call of `resting`, and the key of the one that had each last. */
  readonly #freed = new Map<string, string>();
  #resting: ReadonlyMap<string, Rest> = new Map();
  /** A resting address is in use again. */
  #isTaken = false;

  /** Whether a Service has the address (canonical text). */
  has(ip: string): boolean {
    return this.#holders.has(ip);
  }

  /** From now on the Service has these addresses, and no others. */
  set(key: string, ips: readonly Ip[]): void {
    const before = this.#byKey.get(key) ?? [];
    if (ips.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, ips);
    for (const ip of ips.map(printIp)) {
      this.#holders.set(ip, (this.#holders.get(ip) ?? 0) + 1);
      this.#freed.delete(ip);
      this.#isTaken ||= this.#resting.has(ip);
    }
    for (const ip of before.map(printIp)) {
      const left = (this.#holders.get(ip) ?? 0) - 1;
      if (left > 0) this.#holders.set(ip, left);
      else if (this.#holders.delete(ip)) this.#freed.set(ip, key);
    }
  }

  /** Lets these addresses rest, too: those that no Service has, and that do not rest already. */
  restore(rests: readonly RestingAddress[]): void {
    const all = new Map(this.#resting);
    for (const { ip, sinceMs, service } of rests) {
      const text = printIp(ip);
      if (!this.has(text) && !this.#freed.has(text) && !all.has(text)) all.set(text, { sinceMs, service });
    }
    this.#resting = cutRests([...all].sort(([, left], [, right]) => left.sinceMs - right.sinceMs));
  }

  /** Lets these addresses rest no longer. */
  giveUp(ips: readonly Ip[]): void {
    const given = new Set(ips.map(printIp));
    if (given.size === 0) return;
    this.#resting = new Map([...this.#resting].filter(([ip]) => !given.has(ip)));
  }

  /** The addresses that rest now, the longest first. A new map whenever it differs. `restMs`: the longest rest of any pool. */
  resting(nowMs: number, restMs = REST_MS): ReadonlyMap<string, Rest> {
    const isOver = (sinceMs: number): boolean => nowMs - sinceMs >= restMs;
    const [longest] = this.#resting.values();
    if (this.#freed.size === 0 && !this.#isTaken && !isOver(longest?.sinceMs ?? nowMs)) return this.#resting;
    const still = [...this.#resting].filter(([ip, { sinceMs }]) => !this.has(ip) && !isOver(sinceMs));
    const freed = [...this.#freed].map(([ip, service]) => [ip, { sinceMs: nowMs, service }] as const);
    this.#resting = cutRests([...still, ...freed]);
    this.#freed.clear();
    this.#isTaken = false;
    return this.#resting;
  }
}
