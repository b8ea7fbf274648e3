import { type Ip, printIp } from "#src/ip/address.ts";
import { type Cidr, cidrContains, cidrOf } from "#src/ip/cidr.ts";
import { announcementFrames } from "#src/layer2/announce.ts";
import { answer } from "#src/layer2/answer.ts";
import type { DropReason } from "#src/layer2/drop-reason.ts";
import { anyArpFilter, anyNdpFilter, arpFilter, ndpFilter } from "#src/layer2/filter.ts";
import type { GroupMembership } from "#src/linux/group-membership.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import { ETHER_TYPE_ARP, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import type { OpenPacketSocket, PacketSocket } from "#src/linux/packet-socket.ts";

export interface LinkResponderOptions {
  readonly link: Link;
  /** Serve every address here, not only those of the link's own networks. */
  readonly anySubnet: boolean;
  readonly openPacketSocket: OpenPacketSocket;
  readonly groups: GroupMembership;
  onReply(protocol: "arp" | "ndp"): void;
  onDrop(reason: DropReason): void;
  onError(errno: number): void;
  /** The kernel refuses the filter that holds the addresses; a wider one stands in for it. */
  onWideFilter(interfaceName: string, error: Error): void;
}

/** Answers ARP and NDP on one link for the addresses announced there, and announces them unasked. */
export class LinkResponder {
  readonly link: Link;
  /** The networks whose addresses are served here. */
  readonly subnets: readonly Cidr[];
  readonly #options: LinkResponderOptions;
  readonly #arp: PacketSocket;
  readonly #ndp: PacketSocket;
  #announced: ReadonlyMap<string, Ip> = new Map();
  /** The same by number: asked for every frame. */
  readonly #numbers = { ipv4: new Set<bigint>(), ipv6: new Set<bigint>() };

  constructor(options: LinkResponderOptions) {
    this.#options = options;
    this.link = options.link;
    this.subnets = options.anySubnet ? EVERYTHING : subnetsOf(options.link);
    this.#arp = this.#open(ETHER_TYPE_ARP, arpFilter([]), "arp");
    try {
      this.#ndp = this.#open(ETHER_TYPE_IPV6, ndpFilter([]), "ndp");
    } catch (error) {
      this.#arp.close();
      throw error;
    }
  }

  /** Answers for exactly those of the given addresses that this link serves. */
  setAnnounced(addresses: ReadonlyMap<string, Ip>): void {
    const before = this.#announced;
    this.#announced = new Map([...addresses].filter(([, ip]) => this.#serves(ip)));
    const added = [...this.#announced].filter(([key]) => !before.has(key)).map(([, ip]) => ip);
    const removed = [...before].filter(([key]) => !this.#announced.has(key)).map(([, ip]) => ip);
    if (added.length === 0 && removed.length === 0) return;
    for (const { family, value } of added) this.#numbers[family].add(value);
    for (const { family, value } of removed) this.#numbers[family].delete(value);
    for (const ip of added) if (ip.family === "ipv6") this.#options.groups.join(this.link.name, ip);
    this.#setFilters([...added, ...removed]);
    for (const ip of removed) if (ip.family === "ipv6") this.#options.groups.leave(this.link.name, ip);
  }

  /** Sends one round of unasked announcements of an address; false if this link does not serve it. */
  announce(ip: Ip): boolean {
    if (!this.#announced.has(printIp(ip))) return false;
    const socket = ip.family === "ipv4" ? this.#arp : this.#ndp;
    for (const frame of announcementFrames(ip, this.link.mac)) this.#send(socket, frame);
    return true;
  }

  /** Frames that the kernel dropped because we were too slow, since the last call. */
  readDropped(): number {
    return this.#arp.readStats().dropped + this.#ndp.readStats().dropped;
  }

  close(): void {
    this.setAnnounced(new Map());
    this.#arp.close();
    this.#ndp.close();
  }

  #serves(ip: Ip): boolean {
    return this.subnets.some((subnet) => cidrContains(subnet, ip));
  }

  #setFilters(changed: readonly Ip[]): void {
    const all = [...this.#announced.values()];
    if (changed.some(({ family }) => family === "ipv4")) this.#setFilter(this.#arp, arpFilter(all), anyArpFilter());
    if (changed.some(({ family }) => family === "ipv6")) this.#setFilter(this.#ndp, ndpFilter(all), anyNdpFilter());
  }

  /**
   * Filters count against net.core.optmem_max, 20 KB up to Linux 6.6, where some 600 addresses are too many. Then all
   * requests come in, and `answer` alone decides.
   */
  #setFilter(socket: PacketSocket, filter: Uint8Array, wider: Uint8Array): void {
    try {
      socket.setFilter(filter);
    } catch (error) {
      socket.setFilter(wider);
      this.#options.onWideFilter(this.link.name, error as Error);
    }
  }

  #open(etherType: number, filter: Uint8Array, protocol: "arp" | "ndp"): PacketSocket {
    const responder = {
      mac: this.link.mac,
      // The filter decides in the kernel; this decides for frames that were queued before the filter was replaced.
      isAnnounced: ({ family, value }: Ip) => this.#numbers[family].has(value),
    };
    const socket = this.#options.openPacketSocket({
      interfaceIndex: this.link.index,
      etherType,
      filter,
      onFrame: (frame) => {
        const reaction = answer(frame, responder);
        if (reaction.kind === "drop") return this.#options.onDrop(reaction.reason);
        this.#options.onReply(protocol);
        return this.#send(socket, reaction.frame);
      },
      onError: this.#options.onError,
    });
    return socket;
  }

  #send(socket: PacketSocket, frame: Uint8Array): void {
    const sent = socket.send(frame);
    if (sent < 0) this.#options.onError(-sent);
  }
}

const EVERYTHING: readonly Cidr[] = [
  { family: "ipv4", base: 0n, prefixLength: 0 },
  { family: "ipv6", base: 0n, prefixLength: 0 },
];

/** The networks of a link's addresses, link-local ones left out: no Service address lies there. */
function subnetsOf(link: Link): readonly Cidr[] {
  return link.addresses
    .filter(({ scope }) => scope === "global")
    .map(({ ip, prefixLength }) => cidrOf(ip, prefixLength))
    .filter((cidr) => cidr !== undefined);
}
