import { type IngressAddress, sortAddresses } from "#src/model/ingress-address.ts";

/** How long an address stays after it went: longer than a pod takes to start again on its node. */
export const LINGER_MS = 60_000;

/** The addresses that count now, and in how many milliseconds that may change without any change of an object. */
export interface LingeringNow {
  readonly addresses: readonly IngressAddress[];
  readonly dueInMs: number | undefined;
}

/**
 * Keeps addresses of nodes for a while after they went, so that pods which restart one after the other are not written
 * out of a thousand Ingresses and into them again. A new address counts at once.
 */
export class LingeringAddresses {
  readonly #lastSeenMs = new Map<string, { readonly address: IngressAddress; readonly ms: number }>();

  /** Counts addresses as seen just now, without knowing: what an earlier leader had published. */
  keep(addresses: readonly IngressAddress[], nowMs: number): void {
    for (const address of addresses) this.#lastSeenMs.set(JSON.stringify(address), { address, ms: nowMs });
  }

  /** Takes the addresses that there are now. */
  update(addresses: readonly IngressAddress[], nowMs: number): LingeringNow {
    this.keep(addresses, nowMs);
    for (const [text, { ms }] of this.#lastSeenMs) if (nowMs - ms >= LINGER_MS) this.#lastSeenMs.delete(text);
    const present = new Set(addresses.map((address) => JSON.stringify(address)));
    const seen = [...this.#lastSeenMs];
    const gone = seen.filter(([text]) => !present.has(text)).map(([, { ms }]) => ms + LINGER_MS - nowMs);
    return {
      addresses: sortAddresses(seen.map(([, { address }]) => address)),
      dueInMs: gone.length === 0 ? undefined : Math.min(...gone),
    };
  }
}
