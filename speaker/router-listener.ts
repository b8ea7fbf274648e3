import type { Family } from "#src/ip/address.ts";
import { readVirtualRouter, type VirtualRouter } from "#src/layer2/read-virtual-router.ts";
import { VRRP_GROUP_MAC, virtualRouterFilter } from "#src/layer2/virtual-router-filter.ts";
import type { Link } from "#src/linux/link.ts";
import type { OpenPacketSocket, PacketSocket } from "#src/linux/packet-socket.ts";
import { ETHER_TYPE_IPV4, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { printMac } from "#src/wire/mac.ts";
import { KEEPS_NOTHING } from "./address-filter.ts";

/**
 * What becomes of a frame to the group of VRRP: read as VRRP or CARP; `refused`, because it is neither; `limited`, because too many come. A
 * closed set, the value of a metric label.
 */
export const routerOutcomes = ["vrrp", "carp", "refused", "limited"] as const;

/** One of `routerOutcomes`. */
export type RouterOutcome = (typeof routerOutcomes)[number];

export interface RouterListenerOptions {
  /** The links that the speaker uses now. */
  links(): readonly Link[];
  readonly openPacketSocket: OpenPacketSocket;
  /** What is valid during the call only: the bytes in it are those of the frame. */
  onRouter(router: VirtualRouter): void;
  /** So many frames had this outcome. */
  onOutcome(outcome: RouterOutcome, count: number): void;
  onError(errno: number): void;
  /** The kernel opens no socket on the interface; it is tried again at the next `tick`. */
  onUnopened(interfaceName: string, error: Error): void;
}

/**
 * Frames of each socket that are looked at between two ticks, a second. One with 255 addresses takes 0.3 ms: a flood of them takes a hundredth
 * of a core, and 10 ms at once. Where more come, as of routers that say it many times a second, each is heard now and then, which does.
 */
const FRAMES_PER_TICK = 32;
/** Small: what a flood brings beyond that waits nowhere. */
const SLOTS = 16;
const RECEIVE_BUFFER_BYTES = 64 << 10;
const ETHER_TYPES = { ipv4: ETHER_TYPE_IPV4, ipv6: ETHER_TYPE_IPV6 } as const;
const FILTERS = { ipv4: virtualRouterFilter("ipv4"), ipv6: virtualRouterFilter("ipv6") } as const;

interface Ear {
  readonly socket: PacketSocket;
  readonly family: Family;
  /** Frames that may still be looked at before the next tick. */
  left: number;
  isShut: boolean;
}

/** Listens on all links of the speaker for what virtual routers say of themselves. It has no timer: the worker calls `tick`. */
export class RouterListener {
  readonly #options: RouterListenerOptions;
  readonly #ears = new Map<string, Ear>();

  constructor(options: RouterListenerOptions) {
    this.#options = options;
  }

  /** Listens on the links there are now, for these families, and lets as many frames through again; to be called once a second. */
  tick(families: ReadonlySet<Family>): void {
    const wanted = new Set<string>();
    for (const link of this.#options.links())
      for (const family of families) {
        const key = `${family} ${link.index} ${printMac(link.mac)}`;
        wanted.add(key);
        const ear = this.#ears.get(key);
        if (ear === undefined) this.#open(key, link, family);
        else this.#refill(ear);
      }
    for (const [key, { socket }] of this.#ears) {
      if (wanted.has(key)) continue;
      socket.close();
      this.#ears.delete(key);
    }
  }

  close(): void {
    for (const { socket } of this.#ears.values()) socket.close();
    this.#ears.clear();
  }

  #open(key: string, link: Link, family: Family): void {
    const { openPacketSocket, onError, onUnopened } = this.#options;
    try {
      const socket = openPacketSocket({
        interfaceIndex: link.index,
        etherType: ETHER_TYPES[family],
        groupMac: VRRP_GROUP_MAC[family],
        filter: FILTERS[family],
        slots: SLOTS,
        receiveBufferBytes: RECEIVE_BUFFER_BYTES,
        onFrame: (frame) => this.#hear(key, frame, link),
        onError,
      });
      this.#ears.set(key, { socket, family, left: FRAMES_PER_TICK, isShut: false });
    } catch (error) {
      onUnopened(link.name, error as Error);
    }
  }

  #hear(key: string, frame: Uint8Array, link: Link): void {
    const ear = this.#ears.get(key);
    if (ear === undefined) return;
    const { onRouter, onOutcome } = this.#options;
    if (ear.left === 0) {
      // What waits already still arrives.
      if (!ear.isShut) ear.socket.setFilter(KEEPS_NOTHING);
      ear.isShut = true;
      return onOutcome("limited", 1);
    }
    ear.left -= 1;
    const router = readVirtualRouter(frame, link.mac);
    onOutcome(router?.protocol ?? "refused", 1);
    if (router !== undefined) onRouter(router);
  }

  #refill(ear: Ear): void {
    // Nothing came, so nothing was lost.
    if (ear.left === FRAMES_PER_TICK) return;
    const { dropped } = ear.socket.readStats();
    if (dropped > 0) this.#options.onOutcome("limited", dropped);
    ear.left = FRAMES_PER_TICK;
    if (ear.isShut) ear.socket.setFilter(FILTERS[ear.family]);
    ear.isShut = false;
  }
}
