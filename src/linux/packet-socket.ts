import { DatagramSocket } from "#native/socket.ts";
import { setReceiveBuffer } from "./receive-buffer.ts";

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_STATISTICS = 6;

/** struct packet_mreq (packet(7)): 16 bytes, of which the type of a multicast membership, PACKET_MR_MULTICAST, is zero. */
const PACKET_MREQ = { interfaceIndex: 0, addressLength: 6, address: 8, end: 16 } as const;

/** struct sockaddr_ll (packet(7)); the protocol alone is in network byte order. */
const SOCKADDR_LL = { family: 0, protocol: 2, interfaceIndex: 4, packetType: 10, end: 20 } as const;

/** Whom a frame was for, as the kernel judged (sll_pkttype of packet(7)). */
export const PACKET_HOST = 0;
export const PACKET_BROADCAST = 1;
const PACKET_MULTICAST = 2;
export const PACKET_OTHERHOST = 3;
export const PACKET_OUTGOING = 4;

/** Frames taken from the kernel at once, by default. */
const SLOTS = 64;
/** ARP and NDP frames fit an Ethernet MTU; a longer frame arrives cut and will not decode. */
const SLOT_BYTES = 2048;
/** The default of the system, 208 KB, loses a third of 100,000 ARP requests a second; this loses none. */
const RECEIVE_BUFFER_BYTES = 4 << 20;

/** An open packet socket on one link. */
export interface PacketSocket {
  /** Replaces the classic BPF filter (8 bytes per instruction), atomically; frames already queued still arrive. */
  setFilter(instructions: Uint8Array): void;
  /** Sends one whole Ethernet frame. Returns the bytes sent, or a negative errno: ENETDOWN, ENXIO, ENOBUFS are everyday. */
  send(frame: Uint8Array): number;
  /** Frames received, and frames dropped because the buffer was full, since the last call. */
  readStats(): { received: number; dropped: number };
  /** Closes the socket; no frame is delivered any more. A second call does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

export interface PacketSocketOptions {
  readonly interfaceIndex: number;
  /** ETH_P_*: 0x0806 is ARP, 0x86dd IPv6. */
  readonly etherType: number;
  /** Frames that this machine sends arrive, too, as PACKET_OUTGOING: with ETH_P_ALL alone, and not those of this socket. Default false. */
  readonly hearsSent?: boolean;
  /** The network card is to hand over frames for this group, until the socket is closed; switches do not learn of it. */
  readonly groupMac?: Uint8Array | undefined;
  /** The first classic BPF filter; no frame that it refuses ever arrives. */
  readonly filter: Uint8Array;
  /** Frames taken from the kernel at once, 2 KB each. Default 64. */
  readonly slots?: number;
  /** Default 4 MiB; without CAP_NET_ADMIN at most what the system allows. */
  readonly receiveBufferBytes?: number;
  /**
   * A frame that came in on exactly this link for us, all or a group. The bytes are valid only during the call.
   * `packetType` is PACKET_HOST, PACKET_BROADCAST or PACKET_MULTICAST; with `hearsSent` also PACKET_OUTGOING.
   */
  onFrame(frame: Uint8Array, packetType: number): void;
  /** The kernel reported an error, a positive errno: ENETDOWN when the link goes down. */
  onError(errno: number): void;
}

/** Opens a packet socket; a fake can replace it. */
export type OpenPacketSocket = (options: PacketSocketOptions) => PacketSocket;

/**
 * Opens an AF_PACKET socket (needs CAP_NET_RAW). It is filtered before it is bound, so that no unfiltered frame slips
 * in. Throws an Error with `syscall` and `code` if the kernel refuses, ENODEV for a link that is gone.
 */
export const openPacketSocket: OpenPacketSocket = (options) => {
  const socket = new DatagramSocket({
    domain: AF_PACKET,
    type: SOCK_RAW,
    protocol: 0, // receives nothing until bound
    slots: options.slots ?? SLOTS,
    slotBytes: SLOT_BYTES,
    onDatagram: (frame, sender) => {
      const packetType = sender[SOCKADDR_LL.packetType] ?? PACKET_OTHERHOST;
      const isWanted = isForUs(packetType) || (options.hearsSent === true && packetType === PACKET_OUTGOING);
      if (isWanted && interfaceIndexOf(sender) === options.interfaceIndex) options.onFrame(frame, packetType);
    },
    onError: (errno) => options.onError(errno),
  });
  try {
    socket.attachFilter(options.filter);
    setReceiveBuffer(socket, options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES);
    socket.bind(addressOf(options.interfaceIndex, options.etherType));
    if (options.groupMac !== undefined)
      socket.setOption(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membershipOf(options.interfaceIndex, options.groupMac));
    socket.start();
  } catch (error) {
    socket.close();
    throw error;
  }
  return {
    setFilter: (instructions) => socket.attachFilter(instructions),
    send: (frame) => socket.send(frame),
    readStats: () => readStats(socket),
    close: () => socket.close(),
    [Symbol.dispose]: () => socket.close(),
  };
};

/** Leaves out our own frames, other hosts' and those of a VLAN that has no link here (the kernel calls both "other host"). */
function isForUs(packetType: number): boolean {
  return packetType === PACKET_HOST || packetType === PACKET_BROADCAST || packetType === PACKET_MULTICAST;
}

/**
 * The link that the kernel gave the frame to. A socket bound to a link also sees the frames of the VLANs and bridges
 * on top of it, tag already taken off; only this index tells them apart.
 */
function interfaceIndexOf(sender: Uint8Array): number {
  return new DataView(sender.buffer, sender.byteOffset).getInt32(SOCKADDR_LL.interfaceIndex, true);
}

function addressOf(interfaceIndex: number, etherType: number): Uint8Array {
  const address = new Uint8Array(SOCKADDR_LL.end);
  const view = new DataView(address.buffer);
  view.setUint16(SOCKADDR_LL.family, AF_PACKET, true);
  view.setUint16(SOCKADDR_LL.protocol, etherType, false);
  view.setInt32(SOCKADDR_LL.interfaceIndex, interfaceIndex, true);
  return address;
}

function membershipOf(interfaceIndex: number, mac: Uint8Array): Uint8Array {
  const membership = new Uint8Array(PACKET_MREQ.end);
  const view = new DataView(membership.buffer);
  view.setInt32(PACKET_MREQ.interfaceIndex, interfaceIndex, true);
  view.setUint16(PACKET_MREQ.addressLength, mac.length, true);
  membership.set(mac, PACKET_MREQ.address);
  return membership;
}

/** Reads struct tpacket_stats, whose first number counts the dropped ones too; reading sets both to zero. */
function readStats(socket: DatagramSocket): { received: number; dropped: number } {
  const value = socket.getOption(SOL_PACKET, PACKET_STATISTICS, 8);
  const view = new DataView(value.buffer);
  const dropped = view.getUint32(4, true);
  return { received: view.getUint32(0, true) - dropped, dropped };
}
