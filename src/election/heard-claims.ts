import type { Ip } from "#src/ip/address.ts";
import { type Claim, CLAIMS_PER_HEARTBEAT, type Heartbeat } from "#src/wire/heartbeat.ts";

/** Of 28 claims each: more addresses than a cluster has. What a member says that promises more is not taken. */
const MAX_CHUNKS = 4_096;

/** What one member claims, assembled from the chunks of its heartbeats. */
export class HeardClaims {
  #byAddress = new Map<string, Claim>();
  /** How many it had when all chunks of a version were here. */
  #complete = 0;
  #version: number | undefined;
  #arriving:
    | { readonly version: number; readonly chunks: Map<number, readonly (readonly [string, Claim])[]> }
    | undefined;

  get byAddress(): ReadonlyMap<string, Claim> {
    return this.#byAddress;
  }

  /** The newest version that is known completely; undefined for none. */
  get version(): number | undefined {
    return this.#version;
  }

  /**
   * New claims count as soon as their chunk is here; a claim counts as withdrawn only when all chunks are. Adds the
   * addresses claimed otherwise than before to `claimed`; true if there are any, or now all claims are known. A member
   * that never finishes its chunks, and claims more at each time, is believed only the chunks of its last version.
   */
  take(
    { claims, claimsVersion, chunk, chunks }: Heartbeat,
    { claimed, textOf }: { readonly claimed: Set<string>; textOf(ip: Ip): string },
  ): boolean {
    if (this.#version === claimsVersion || chunks > MAX_CHUNKS) return false;
    if (this.#arriving?.version !== claimsVersion) this.#arriving = { version: claimsVersion, chunks: new Map() };
    if (this.#arriving.chunks.has(chunk)) return false;
    const keyed = claims.map((claim): readonly [string, Claim] => [textOf(claim.ip), claim]);
    this.#arriving.chunks.set(chunk, keyed);
    let isNews = false;
    for (const [key, claim] of keyed) {
      const before = this.#byAddress.get(key);
      if (before?.term === claim.term && before.majority === claim.majority) continue;
      this.#byAddress.set(key, claim);
      claimed.add(key);
      isNews = true;
    }
    const isComplete = this.#arriving.chunks.size >= chunks;
    // While claims change, those of two versions are there.
    const most = this.#complete + 2 * chunks * CLAIMS_PER_HEARTBEAT;
    if (!isComplete && this.#byAddress.size <= most) return isNews;
    const all = new Map([...this.#arriving.chunks.values()].flat());
    for (const key of this.#byAddress.keys()) if (!all.has(key)) claimed.add(key);
    this.#byAddress = all;
    if (!isComplete) return true;
    this.#complete = all.size;
    this.#version = claimsVersion;
    this.#arriving = undefined;
    return true;
  }
}
