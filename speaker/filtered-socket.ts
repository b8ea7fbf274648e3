import type { Family, Ip } from "#src/ip/address.ts";
import type { OpenPacketSocket, PacketSocket } from "#src/linux/packet-socket.ts";
import { AddressFilter } from "./address-filter.ts";

export interface FilteredSocketOptions {
  readonly family: Family;
  /** Of the frames that arrive. */
  readonly etherType: number;
  readonly interfaceIndex: number;
  readonly openPacketSocket: OpenPacketSocket;
  /** Frames taken from the kernel at once; left out: as many as `openPacketSocket` takes. */
  readonly slots?: number;
  /** Room for frames that wait; left out: as `openPacketSocket` has it. */
  readonly receiveBufferBytes?: number;
  /**
   * Open only while there are addresses: the kernel runs the filter for each packet of the family, so that a socket which hears
   * nothing still costs something.
   */
  readonly isLazy?: boolean;
  /** The filter for some addresses, and that for any. */
  exact(addresses: readonly Ip[]): Uint8Array;
  wide(): Uint8Array;
  onFrame(frame: Uint8Array): void;
  onError(errno: number): void;
  /** The kernel refuses the exact filter; the wide one takes its place. */
  onWideFilter(error: Error): void;
  /** A lazy one cannot be opened; it is tried again when its addresses change. */
  onUnopened(error: Error): void;
}

interface Opened {
  readonly socket: PacketSocket;
  readonly filter: AddressFilter;
}

/** A packet socket for frames about some addresses of one family. */
export class FilteredSocket {
  readonly family: Family;
  readonly #options: FilteredSocketOptions;
  readonly #addresses = new Map<bigint, Ip>();
  #opened: Opened | undefined;
  #isShut = false;

  /** One that is not lazy throws where the kernel does not open it, as `openPacketSocket` does. */
  constructor(options: FilteredSocketOptions) {
    this.family = options.family;
    this.#options = options;
    if (options.isLazy !== true) this.#opened = this.#open();
  }

  /** The filter decides in the kernel; this decides while it is wider, and for frames queued before it was replaced. */
  has(ip: Ip): boolean {
    return ip.family === this.family && this.#addresses.has(ip.value);
  }

  /** Those of the family count. */
  change(added: readonly Ip[], removed: readonly Ip[]): void {
    const [more, less] = [added, removed].map((ips) => ips.filter(({ family }) => family === this.family));
    if (more === undefined || less === undefined || more.length + less.length === 0) return;
    for (const ip of more) this.#addresses.set(ip.value, ip);
    for (const { value } of less) this.#addresses.delete(value);
    if (this.#options.isLazy === true) this.#openOrClose();
    this.#opened?.filter.changed({ hasMore: more.length > 0 });
  }

  /** Lets the filter follow what changed before; to be called often. True where that was a filter for many addresses. */
  settle(nowMs: number): boolean {
    return this.#opened?.filter.settle(nowMs) === true;
  }

  /** Lets the kernel drop all frames until `reopen`; those that wait still arrive. */
  shut(): void {
    this.#isShut = true;
    this.#opened?.filter.shut();
  }

  /** Frames arrive again. */
  reopen(): void {
    this.#isShut = false;
    this.#opened?.filter.reopen();
  }

  /** Sends one whole frame; a negative errno where that failed, 0 where it is not open. */
  send(frame: Uint8Array): number {
    return this.#opened?.socket.send(frame) ?? 0;
  }

  /** Frames that the kernel dropped because this program was too slow, since the last call. */
  readDropped(): number {
    return this.#opened?.socket.readStats().dropped ?? 0;
  }

  close(): void {
    this.#opened?.socket.close();
    this.#opened = undefined;
  }

  #openOrClose(): void {
    if (this.#addresses.size === 0) return this.close();
    try {
      this.#opened ??= this.#open();
    } catch (error) {
      this.#options.onUnopened(error as Error);
    }
  }

  #open(): Opened {
    const { interfaceIndex, etherType, openPacketSocket, exact, wide, onFrame, onError, onWideFilter } = this.#options;
    const { slots, receiveBufferBytes } = this.#options;
    const sizes = {
      ...(slots === undefined ? {} : { slots }),
      ...(receiveBufferBytes === undefined ? {} : { receiveBufferBytes }),
    };
    const socket = openPacketSocket({ interfaceIndex, etherType, filter: exact([]), ...sizes, onFrame, onError });
    const filter = new AddressFilter(this.#addresses, {
      socket,
      exact: () => exact([...this.#addresses.values()]),
      wide: wide(),
      onRefused: onWideFilter,
    });
    if (this.#isShut) filter.shut();
    return { socket, filter };
  }
}
