import { type Family, type Ip, printIp } from "#src/ip/address.ts";
import { type Cidr, cidrContains, cidrOf } from "#src/ip/cidr.ts";
import { announcementFrames } from "#src/layer2/announcement-frames.ts";
import { answer } from "#src/layer2/answer.ts";
import type { DropReason } from "#src/layer2/drop-reason.ts";
import {
  anyArpClaimFilter,
  anyArpFilter,
  anyNdpClaimFilter,
  anyNdpFilter,
  arpClaimFilter,
  arpFilter,
  ndpClaimFilter,
  ndpFilter,
} from "#src/layer2/filter.ts";
import { nodeQuestionFrame, type QuestionedNode } from "#src/layer2/node-question-frame.ts";
import { probeFrame } from "#src/layer2/probe-frame.ts";
import { questionFrame } from "#src/layer2/question-frame.ts";
import { readClaim } from "#src/layer2/read-claim.ts";
import type { GroupMembership } from "#src/linux/group-membership.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import type { OpenPacketSocket } from "#src/linux/packet-socket.ts";
import { type SelectableInterface, takesInterface } from "#src/model/takes-interface.ts";
import { ETHER_TYPE_ARP, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { printMac } from "#src/wire/mac.ts";
import type { AnnouncedAddress } from "./announcer.ts";
import { EchoAnswers, type EchoOutcome } from "./echo-answers.ts";
import { FilteredSocket } from "./filtered-socket.ts";
import { selectable } from "./selectable.ts";
import { ServedAddresses } from "./served-addresses.ts";
import { isServedByLink, type LinkShare } from "./shared-networks.ts";

export interface LinkResponderOptions {
  readonly link: Link;
  /** Serve every address here, not only those of the link's own networks. */
  readonly anySubnet: boolean;
  /** Which networks this link serves, and which another one does. */
  readonly share: LinkShare;
  readonly openPacketSocket: OpenPacketSocket;
  readonly groups: Pick<GroupMembership, "join" | "leave">;
  /** Answers echo requests (ping) to announced addresses. */
  readonly answersPing: boolean;
  /** Whether the kernel of this machine neither answers nor forwards echo requests to the address. */
  mayAnswerPing(ip: Ip): boolean;
  /** So many echo requests had this outcome. */
  onEcho(outcome: EchoOutcome, count: number): void;
  /** A request for an address was answered, of the host with the address `asker`. */
  onReply(protocol: "arp" | "ndp", ip: Ip, asker: AskingHost): void;
  onDrop(reason: DropReason): void;
  /** Another machine says that it has a watched address. */
  onForeignClaim(protocol: "arp" | "ndp", ip: Ip, mac: string): void;
  /** A machine says that it has one of the addresses that are asked for. */
  onOwnerHeard(ip: Ip, mac: string): void;
  /** A machine says that it has one of the addresses of nodes that are asked for. */
  onNodeHeard(ip: Ip, mac: Uint8Array): void;
  onError(errno: number): void;
  /** The kernel refuses a filter that holds the addresses; a wider one takes its place. */
  onWideFilter(interfaceName: string, error: Error): void;
  /** The kernel refuses a socket for claims or for echo requests: these are not noticed, and all else goes on. */
  onUnopened(interfaceName: string, needed: "claims" | "echoes", error: Error): void;
}

/** A host that asked for an address. */
interface AskingHost {
  /** 0.0.0.0 or :: where it has none yet. */
  readonly ip: Ip;
  readonly mac: Uint8Array;
}

type SocketKind = keyof typeof FILTERS;

/** On one link: answers ARP and NDP for the addresses announced there, announces them unasked, and hears who else has them. */
export class LinkResponder {
  readonly link: Link;
  /** The networks whose addresses are served here. */
  readonly subnets: readonly Cidr[];
  /** Which networks this link serves, and which another one does. */
  get share(): LinkShare {
    return this.#options.share;
  }
  readonly #options: LinkResponderOptions;
  readonly #selectable: SelectableInterface;
  readonly #announced = new ServedAddresses((address) => this.#serves(address));
  readonly #checked = new ServedAddresses((address) => this.#serves(address));
  readonly #questioned = new ServedAddresses((address) => this.#serves(address));
  readonly #watched = new ServedAddresses((address) => this.#serves(address));
  /** Requests for announced addresses. */
  readonly #asked: Sockets;
  /** Claims to watched ones: apart, because one filter for both would have room for half as many addresses. */
  readonly #claimed: Sockets;
  /** Answers of the owners of a few others, which change every few seconds. */
  readonly #answered: Sockets;
  /** Answers of nodes' own kernels. */
  readonly #nodes: Sockets;
  readonly #all: readonly FilteredSocket[];
  readonly #echoes: EchoAnswers | undefined;

  constructor(options: LinkResponderOptions) {
    this.#options = options;
    this.link = options.link;
    this.#selectable = selectable(options.link);
    this.subnets = options.anySubnet ? EVERYTHING : options.share.kept;
    using opened = new DisposableStack(); // closes what is open if the next one does not open
    const open = (family: Family, kind: SocketKind): FilteredSocket =>
      opened.adopt(this.#open(family, kind), (socket) => socket.close());
    const both = (kind: SocketKind): Sockets => ({ ipv4: open("ipv4", kind), ipv6: open("ipv6", kind) });
    this.#asked = both("asked");
    this.#claimed = both("claimed");
    this.#answered = both("answered");
    this.#nodes = both("nodes");
    this.#all = [this.#asked, this.#claimed, this.#answered, this.#nodes].flatMap((sockets) => Object.values(sockets));
    this.#echoes = options.answersPing ? this.#openEchoes() : undefined;
    opened.move();
  }

  /**
   * Answers for exactly those of the addresses that this link serves; by text. Only those of `keys` are looked at, where
   * it is known that the others are as they were.
   */
  setAnnounced(addresses: ReadonlyMap<string, AnnouncedAddress>, keys?: Iterable<string>): void {
    const change = this.#announced.update(addresses, keys);
    const { added, removed } = change;
    const { groups } = this.#options;
    for (const ip of added) if (ip.family === "ipv6") groups.join(this.link.name, ip);
    for (const socket of Object.values(this.#asked)) socket.change(added, removed);
    this.#echoes?.change(change);
    for (const ip of removed) if (ip.family === "ipv6") groups.leave(this.link.name, ip);
  }

  /** Listens for other machines that have one of these addresses, of those that this link serves; `keys` as for `setAnnounced`. */
  setWatched(addresses: ReadonlyMap<string, AnnouncedAddress>, keys?: Iterable<string>): void {
    const { added, removed } = this.#watched.update(addresses, keys);
    for (const socket of Object.values(this.#claimed)) socket.change(added, removed);
  }

  /** Listens for the owners of exactly these addresses, of those that this link serves. */
  setChecked(addresses: ReadonlyMap<string, AnnouncedAddress>): void {
    const { added, removed } = this.#checked.update(addresses);
    for (const socket of Object.values(this.#answered)) socket.change(added, removed);
  }

  /** Listens for exactly these addresses of nodes, of those that this link serves. */
  setQuestioned(addresses: ReadonlyMap<string, AnnouncedAddress>): void {
    const { added, removed } = this.#questioned.update(addresses);
    for (const socket of Object.values(this.#nodes)) socket.change(added, removed);
  }

  /** Goes on where one for the same link ends: it is a member of all groups before the other one leaves them. */
  takeFrom(other: LinkResponder): void {
    this.setWatched(other.#watched.byText);
    this.setChecked(other.#checked.byText);
    this.setAnnounced(other.#announced.byText);
  }

  /** Lets the filters follow what changed before; to be called often. */
  settle(nowMs: number): void {
    // One at a time: an exact filter for a thousand addresses takes some milliseconds.
    this.#all.some((socket) => socket.settle(nowMs));
    this.#echoes?.settle(nowMs);
  }

  /** Sends one round of unasked announcements of an address; false if this link does not announce it. */
  announce(ip: Ip): boolean {
    const socket = this.#asked[ip.family];
    if (!socket.has(ip)) return false;
    for (const frame of announcementFrames(ip, this.link.mac)) this.#send(socket, frame);
    return true;
  }

  /** Asks whether another machine has a watched address; false if this link does not serve it. */
  probe(ip: Ip): boolean {
    if (!this.#watched.has(printIp(ip))) return false;
    this.#send(this.#claimed[ip.family], probeFrame(ip, this.link.mac));
    return true;
  }

  /** Asks the owner of a checked address; false if this link does not serve it. */
  ask(ip: Ip): boolean {
    if (!this.#checked.has(printIp(ip))) return false;
    const { mac, addresses } = this.link;
    const linkLocal = addresses.find((one) => one.ip.family === "ipv6" && one.scope === "link")?.ip;
    this.#send(this.#answered[ip.family], questionFrame(ip, { mac, linkLocal }));
    return true;
  }

  /** Asks the kernel of a node for one of its addresses; false if it is not listened for here, or cannot be asked. */
  questionNode(node: QuestionedNode): boolean {
    const { ip } = node;
    const own = this.#questioned.has(printIp(ip)) ? this.#addressNear(ip) : undefined;
    if (own === undefined) return false;
    const socket = this.#nodes[ip.family];
    return socket.has(ip) && this.#send(socket, nodeQuestionFrame(node, { ip: own, mac: this.link.mac }));
  }

  /** An address of the link to ask with for another one: of IPv4 in its network, of IPv6 the link-local one. */
  #addressNear(ip: Ip): Ip | undefined {
    const near = this.link.addresses.find(({ ip: own, prefixLength, scope }) => {
      if (own.family !== ip.family) return false;
      if (ip.family === "ipv6") return scope === "link";
      const network = cidrOf(own, prefixLength);
      return network !== undefined && cidrContains(network, ip);
    });
    return near?.ip;
  }

  /** Frames that the kernel dropped because we were too slow, since the last call. */
  readDropped(): number {
    return this.#all.reduce((sum, socket) => sum + socket.readDropped(), 0);
  }

  close(): void {
    this.setAnnounced(new Map());
    for (const socket of this.#all) socket.close();
    this.#echoes?.close();
  }

  #serves({ ip, interfaces }: AnnouncedAddress): boolean {
    const { share, anySubnet } = this.#options;
    const isTaken = interfaces === undefined || takesInterface(interfaces, this.#selectable);
    return isTaken && isServedByLink(ip, share, anySubnet);
  }

  #open(family: Family, kind: SocketKind): FilteredSocket {
    const { openPacketSocket, onError, onWideFilter, onUnopened } = this.#options;
    const socket: FilteredSocket = new FilteredSocket({
      family,
      etherType: ETHER_TYPES[family],
      interfaceIndex: this.link.index,
      openPacketSocket,
      ...FILTERS[kind][family],
      ...(kind === "asked" ? {} : { slots: CLAIM_SLOTS, isLazy: true }),
      onFrame: (frame) => (kind === "asked" ? this.#answer(frame, socket) : this.#hear(frame, socket, kind)),
      onError,
      onWideFilter: (error) => onWideFilter(this.link.name, error),
      onUnopened: (error) => onUnopened(this.link.name, "claims", error),
    });
    return socket;
  }

  #openEchoes(): EchoAnswers {
    const { openPacketSocket, mayAnswerPing, onEcho, onError, onWideFilter, onUnopened } = this.#options;
    return new EchoAnswers({
      link: this.link,
      openPacketSocket,
      mayAnswerPing,
      onEcho,
      onError,
      onWideFilter: (error) => onWideFilter(this.link.name, error),
      onUnopened: (error) => onUnopened(this.link.name, "echoes", error),
    });
  }

  #answer(frame: Uint8Array, socket: FilteredSocket): void {
    const reaction = answer(frame, { mac: this.link.mac, isAnnounced: (ip) => socket.has(ip) });
    if (reaction.kind === "drop") return this.#options.onDrop(reaction.reason);
    const { asker, askerMac } = reaction;
    this.#options.onReply(PROTOCOLS[socket.family], reaction.ip, { ip: asker, mac: askerMac });
    this.#send(socket, reaction.frame);
  }

  #hear(frame: Uint8Array, socket: FilteredSocket, kind: Exclude<SocketKind, "asked">): void {
    const claim = readClaim(frame, this.link.mac);
    if (claim === undefined || !socket.has(claim.ip)) return;
    if (kind === "nodes") this.#options.onNodeHeard(claim.ip, claim.mac);
    else if (kind === "answered") this.#options.onOwnerHeard(claim.ip, printMac(claim.mac));
    else this.#options.onForeignClaim(PROTOCOLS[socket.family], claim.ip, printMac(claim.mac));
  }

  /** True if the kernel took the frame. */
  #send(socket: FilteredSocket, frame: Uint8Array): boolean {
    const sent = socket.send(frame);
    if (sent < 0) this.#options.onError(-sent);
    return sent > 0;
  }
}

type Sockets = Readonly<Record<Family, FilteredSocket>>;

const ETHER_TYPES = { ipv4: ETHER_TYPE_ARP, ipv6: ETHER_TYPE_IPV6 } as const;

const PROTOCOLS = { ipv4: "arp", ipv6: "ndp" } as const;

/** Claims are rare, and one that is lost is heard again. */
const CLAIM_SLOTS = 16;

const CLAIM_FILTERS = {
  ipv4: { exact: arpClaimFilter, wide: anyArpClaimFilter },
  ipv6: { exact: ndpClaimFilter, wide: anyNdpClaimFilter },
} as const;

const FILTERS = {
  asked: { ipv4: { exact: arpFilter, wide: anyArpFilter }, ipv6: { exact: ndpFilter, wide: anyNdpFilter } },
  claimed: CLAIM_FILTERS,
  answered: CLAIM_FILTERS,
  nodes: CLAIM_FILTERS,
} as const;

const EVERYTHING: readonly Cidr[] = [
  { family: "ipv4", base: 0n, prefixLength: 0 },
  { family: "ipv6", base: 0n, prefixLength: 0 },
];
