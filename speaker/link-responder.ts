import type { Family, Ip } from "#src/ip/address.ts";
import type { Cidr } from "#src/ip/cidr.ts";
import { announcementFrames } from "#src/layer2/announcement-frames.ts";
import { answer } from "#src/layer2/answer.ts";
import type { DropReason } from "#src/layer2/drop-reason.ts";
import { anyArpFilter, anyNdpFilter, arpFilter, ndpFilter } from "#src/layer2/filter.ts";
import type { GroupMembership } from "#src/linux/group-membership.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import { ETHER_TYPE_ARP, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { printMac } from "#src/wire/mac.ts";
import type { OpenPacketSocket, PacketSocket } from "#src/linux/packet-socket.ts";
import { AddressFilter } from "./address-filter.ts";
import type { AnnouncedAddress } from "./announcer.ts";
import { isServedByLink, type LinkShare } from "./shared-networks.ts";

export interface LinkResponderOptions {
  readonly link: Link;
  /** Serve every address here, not only those of the link's own networks. */
  readonly anySubnet: boolean;
  /** Which networks this link serves, and which another one does. */
  readonly share: LinkShare;
  readonly openPacketSocket: OpenPacketSocket;
  readonly groups: GroupMembership;
  /** A request for an address was answered, of the host with the address `asker`. */
  onReply(protocol: "arp" | "ndp", ip: Ip, asker: Ip): void;
  onDrop(reason: DropReason): void;
  /** Another machine says by gratuitous ARP that it has an address which is announced here. */
  onForeignClaim(ip: Ip, mac: string): void;
  onError(errno: number): void;
  /** The kernel refuses the filter that holds the addresses; a wider one takes its place. */
  onWideFilter(interfaceName: string, error: Error): void;
}

/** Answers ARP and NDP on one link for the addresses announced there, and announces them unasked. */
export class LinkResponder {
  readonly link: Link;
  /** The networks whose addresses are served here. */
  readonly subnets: readonly Cidr[];
  /** Which networks this link serves, and which another one does. */
  get share(): LinkShare {
    return this.#options.share;
  }
  readonly #options: LinkResponderOptions;
  /** What is announced here, by text. */
  readonly #announced = new Map<string, Ip>();
  readonly #ipv4: Protocol;
  readonly #ipv6: Protocol;

  constructor(options: LinkResponderOptions) {
    this.#options = options;
    this.link = options.link;
    this.subnets = options.anySubnet ? EVERYTHING : options.share.kept;
    this.#ipv4 = this.#open("ipv4");
    try {
      this.#ipv6 = this.#open("ipv6");
    } catch (error) {
      this.#ipv4.socket.close();
      throw error;
    }
  }

  /**
   * Answers for exactly those of the addresses that this link serves; by text. Only those of `keys` are looked at, where
   * it is known that the others are as they were.
   */
  setAnnounced(addresses: ReadonlyMap<string, AnnouncedAddress>, keys?: Iterable<string>): void {
    const added: Ip[] = [];
    const removed: Ip[] = [];
    for (const key of keys ?? new Set([...addresses.keys(), ...this.#announced.keys()])) {
      const before = this.#announced.get(key);
      const { ip, interfaces } = addresses.get(key) ?? {};
      const isOurs =
        ip !== undefined &&
        interfaces?.includes(this.link.name) !== false &&
        isServedByLink(ip, this.share, this.#options.anySubnet);
      if (isOurs && before === undefined) {
        this.#announced.set(key, ip);
        added.push(ip);
      } else if (!isOurs && before !== undefined) {
        this.#announced.delete(key);
        removed.push(before);
      }
    }
    for (const ip of added) if (ip.family === "ipv6") this.#options.groups.join(this.link.name, ip);
    for (const protocol of [this.#ipv4, this.#ipv6]) change(protocol, added, removed);
    for (const ip of removed) if (ip.family === "ipv6") this.#options.groups.leave(this.link.name, ip);
  }

  /** Lets the filters follow what changed before; to be called often. */
  settle(nowMs: number): void {
    this.#ipv4.filter.settle(nowMs);
    this.#ipv6.filter.settle(nowMs);
  }

  /** Sends one round of unasked announcements of an address; false if this link does not serve it. */
  announce(ip: Ip): boolean {
    const { socket, addresses } = ip.family === "ipv4" ? this.#ipv4 : this.#ipv6;
    if (!addresses.has(ip.value)) return false;
    for (const frame of announcementFrames(ip, this.link.mac)) this.#send(socket, frame);
    return true;
  }

  /** Frames that the kernel dropped because we were too slow, since the last call. */
  readDropped(): number {
    return this.#ipv4.socket.readStats().dropped + this.#ipv6.socket.readStats().dropped;
  }

  close(): void {
    this.setAnnounced(new Map());
    this.#ipv4.socket.close();
    this.#ipv6.socket.close();
  }

  #open(family: Family): Protocol {
    const { etherType, exact, wide, name } = PROTOCOLS[family];
    const addresses = new Map<bigint, Ip>();
    const responder = {
      mac: this.link.mac,
      // The filter decides in the kernel; this decides while it is wider, and for frames queued before it was replaced.
      isAnnounced: (ip: Ip) => ip.family === family && addresses.has(ip.value),
    };
    const socket = this.#options.openPacketSocket({
      interfaceIndex: this.link.index,
      etherType,
      filter: exact([]),
      onFrame: (frame) => {
        const reaction = answer(frame, responder);
        if (reaction.kind === "drop") {
          const { claim } = reaction;
          if (claim !== undefined) this.#options.onForeignClaim(claim.ip, printMac(claim.mac));
          return this.#options.onDrop(reaction.reason);
        }
        this.#options.onReply(name, reaction.ip, reaction.asker);
        return this.#send(socket, reaction.frame);
      },
      onError: this.#options.onError,
    });
    const filter = new AddressFilter(addresses, {
      socket,
      exact: () => exact([...addresses.values()]),
      wide: wide(),
      onRefused: (error) => this.#options.onWideFilter(this.link.name, error),
    });
    return { family, socket, addresses, filter };
  }

  #send(socket: PacketSocket, frame: Uint8Array): void {
    const sent = socket.send(frame);
    if (sent < 0) this.#options.onError(-sent);
  }
}

/** One of the two protocols on a link. */
interface Protocol {
  readonly family: Family;
  readonly socket: PacketSocket;
  /** What is announced, by number: asked for every frame. */
  readonly addresses: Map<bigint, Ip>;
  readonly filter: AddressFilter;
}

const PROTOCOLS = {
  ipv4: { name: "arp", etherType: ETHER_TYPE_ARP, exact: arpFilter, wide: anyArpFilter },
  ipv6: { name: "ndp", etherType: ETHER_TYPE_IPV6, exact: ndpFilter, wide: anyNdpFilter },
} as const;

function change({ family, addresses, filter }: Protocol, added: readonly Ip[], removed: readonly Ip[]): void {
  const [more, less] = [added, removed].map((ips) => ips.filter((ip) => ip.family === family));
  if (more === undefined || less === undefined || more.length + less.length === 0) return;
  for (const ip of more) addresses.set(ip.value, ip);
  for (const { value } of less) addresses.delete(value);
  filter.changed({ hasMore: more.length > 0 });
}

const EVERYTHING: readonly Cidr[] = [
  { family: "ipv4", base: 0n, prefixLength: 0 },
  { family: "ipv6", base: 0n, prefixLength: 0 },
];
