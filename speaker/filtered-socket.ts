import type { Family, Ip } from "#src/ip/address.ts";
import type { OpenPacketSocket, PacketSocket } from "#src/linux/packet-socket.ts";
import { ETHER_TYPE_ARP, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { AddressFilter } from "./address-filter.ts";

const ETHER_TYPES = { ipv4: ETHER_TYPE_ARP, ipv6: ETHER_TYPE_IPV6 } as const;

export interface FilteredSocketOptions {
  readonly family: Family;
  readonly interfaceIndex: number;
  readonly openPacketSocket: OpenPacketSocket;
  /** Frames taken from the kernel at once; left out: as many as `openPacketSocket` takes. */
  readonly slots?: number;
  /** The filter for some addresses, and that for any. */
  exact(addresses: readonly Ip[]): Uint8Array;
  wide(): Uint8Array;
  onFrame(frame: Uint8Array): void;
  onError(errno: number): void;
  /** The kernel refuses the exact filter; the wide one takes its place. */
  onWideFilter(error: Error): void;
}

/** A packet socket for frames about some addresses of one family: ARP for IPv4, NDP for IPv6. */
export class FilteredSocket {
  readonly family: Family;
  readonly #socket: PacketSocket;
  readonly #filter: AddressFilter;
  readonly #addresses = new Map<bigint, Ip>();

  /** Throws where the kernel does not open it, as `openPacketSocket` does. */
  constructor(options: FilteredSocketOptions) {
    const { family, interfaceIndex, openPacketSocket, exact, wide, slots, onFrame, onError, onWideFilter } = options;
    this.family = family;
    const etherType = ETHER_TYPES[family];
    const size = slots === undefined ? {} : { slots };
    this.#socket = openPacketSocket({ interfaceIndex, etherType, filter: exact([]), ...size, onFrame, onError });
    this.#filter = new AddressFilter(this.#addresses, {
      socket: this.#socket,
      exact: () => exact([...this.#addresses.values()]),
      wide: wide(),
      onRefused: onWideFilter,
    });
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
    this.#filter.changed({ hasMore: more.length > 0 });
  }

  /** Lets the filter follow what changed before; to be called often. */
  settle(nowMs: number): void {
    this.#filter.settle(nowMs);
  }

  /** Sends one whole frame; a negative errno where that failed. */
  send(frame: Uint8Array): number {
    return this.#socket.send(frame);
  }

  /** Frames that the kernel dropped because this program was too slow, since the last call. */
  readDropped(): number {
    return this.#socket.readStats().dropped;
  }

  close(): void {
    this.#socket.close();
  }
}
