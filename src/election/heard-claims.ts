import type { Ip } from "#src/ip/address.ts";
import type { Claim, Heartbeat } from "#src/wire/heartbeat.ts";

/** What one member claims, assembled from the chunks of its heartbeats. */
export class HeardClaims {
  #byAddress = new Map<string, Claim>();
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
   * addresses claimed otherwise than before to `claimed`; true if there are any, or now all claims are known.
   */
  take(
    { claims, claimsVersion, chunk, chunks }: Heartbeat,
    { claimed, textOf }: { readonly claimed: Set<string>; textOf(ip: Ip): string },
  ): boolean {
    if (this.#version === claimsVersion) return false;
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
    if (this.#arriving.chunks.size < chunks) return isNews;
    const all = new Map([...this.#arriving.chunks.values()].flat());
    for (const key of this.#byAddress.keys()) if (!all.has(key)) claimed.add(key);
    this.#byAddress = all;
    this.#version = claimsVersion;
    this.#arriving = undefined;
    return true;
  }
}
