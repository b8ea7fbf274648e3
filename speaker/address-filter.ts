import { encodeProgram, returns } from "#src/layer2/encode-program.ts";
import type { PacketSocket } from "#src/linux/packet-socket.ts";

/** A filter that keeps no frame. */
export const KEEPS_NOTHING = encodeProgram([returns(0)]);
/** A filter for so few addresses is built at each change; one for many takes longer than a client should wait. */
const FEW = 64;
/** When nothing changed for so long, a filter for many is made; so much longer for each address in it, as that takes longer. */
const CALM_MS = 500;
const CALM_MS_PER_ADDRESS = 1;

export interface AddressFilterOptions {
  readonly socket: Pick<PacketSocket, "setFilter">;
  /** A new one, which lets pass what asks for the addresses as they are now. */
  exact(): Uint8Array;
  /** Lets pass what asks for any address. */
  readonly wide: Uint8Array;
  /**
   * The kernel refuses the exact filter, and the wide one takes its place: filters count against net.core.optmem_max,
   * 20 KB up to Linux 6.6, where some 600 addresses are too many.
   */
  onRefused(error: Error): void;
}

/**
 * Keeps a socket's filter such that whatever asks for an announced address passes. While many addresses change, it lets
 * all requests pass, which `answer` looks at alone; once they are calm, only those for the addresses: so each of
 * thousands costs the same. The caller keeps the addresses, and says when they changed.
 */
export class AddressFilter {
  readonly #options: AddressFilterOptions;
  readonly #addresses: { readonly size: number };
  #isWide = false;
  #isShut = false;
  /** Set last, or to be set when it is no longer shut; undefined: the first one. */
  #last: Uint8Array | undefined;
  /** Changed since the exact filter was made; `isNew`: since `settle` was called last. */
  #stale: { isNew: boolean; atMs: number } | undefined;

  /** The socket has the filter for the addresses as they are. */
  constructor(addresses: { readonly size: number }, options: AddressFilterOptions) {
    this.#addresses = addresses;
    this.#options = options;
  }

  /** The addresses changed; `hasMore`: some of them were not among those before. */
  changed({ hasMore }: { readonly hasMore: boolean }): void {
    if (this.#addresses.size <= FEW) return this.#narrow();
    this.#stale = { isNew: true, atMs: 0 };
    return hasMore ? this.#widen() : undefined;
  }

  /** Makes the filter exact if nothing changed for a while; to be called often. True if it did so. */
  settle(nowMs: number): boolean {
    if (this.#stale === undefined) return false;
    const { isNew, atMs } = this.#stale;
    if (isNew) this.#stale = { isNew: false, atMs: nowMs };
    if (isNew || nowMs - atMs < CALM_MS + this.#addresses.size * CALM_MS_PER_ADDRESS) return false;
    this.#narrow();
    return true;
  }

  /** Lets nothing pass until `reopen`. */
  shut(): void {
    this.#isShut = true;
    this.#options.socket.setFilter(KEEPS_NOTHING);
  }

  /** Lets pass again what asks for the addresses as they are now. */
  reopen(): void {
    this.#isShut = false;
    if (this.#last === undefined) this.#narrow();
    else this.#try(this.#last);
  }

  #narrow(): void {
    this.#stale = undefined;
    this.#try(this.#options.exact());
  }

  #try(filter: Uint8Array): void {
    try {
      this.#set(filter);
      this.#isWide = filter === this.#options.wide;
    } catch (error) {
      this.#widen();
      this.#options.onRefused(error as Error);
    }
  }

  #widen(): void {
    if (this.#isWide) return;
    this.#set(this.#options.wide);
    this.#isWide = true;
  }

  #set(filter: Uint8Array): void {
    if (!this.#isShut) this.#options.socket.setFilter(filter);
    this.#last = filter;
  }
}
