import { getSystemErrorName } from "node:util";
import { DatagramSocket } from "#native/socket.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
/** Links, addresses and routes (rtnetlink(7)). */
export const NETLINK_ROUTE = 0;
/** struct sockaddr_nl: family u16, pad, port id u32, groups u32. */
const SOCKADDR_NL = { portId: 4, groups: 8, end: 12 } as const;
/** The kernel never makes a datagram of a dump longer than this. */
const SLOT_BYTES = 32 << 10;
const SLOTS = 4;

export interface NetlinkSocketOptions {
  /** NETLINK_* of netlink(7): which part of the kernel is at the other end. */
  readonly protocol: number;
  /** What the kernel sent; cut if it was longer than `bytes`. The bytes are valid only during the call. */
  onDatagram(bytes: Uint8Array, length: number): void;
  /** The kernel reported an error, a positive errno: ENOBUFS when datagrams were lost. */
  onError(errno: number): void;
}

/** Opens a socket that takes only what the kernel sends; nothing arrives before its `start()`. */
export function openNetlinkSocket({ protocol, onDatagram, onError }: NetlinkSocketOptions): DatagramSocket {
  return new DatagramSocket({
    domain: AF_NETLINK,
    type: SOCK_RAW,
    protocol,
    slots: SLOTS,
    slotBytes: SLOT_BYTES,
    onDatagram: (bytes, sender, length) => {
      // Other programs can write to our socket as well.
      if (portIdOf(sender) === 0) onDatagram(bytes, length);
    },
    onError: (errno) => onError(errno),
  });
}

/** The sockaddr_nl of multicast groups, a bit for each. */
export function netlinkGroups(groups: number): Uint8Array {
  const address = new Uint8Array(SOCKADDR_NL.end);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(SOCKADDR_NL.groups, groups, true);
  return address;
}

/** A failed exchange with the kernel, shaped as Node's own errors are. */
export function netlinkError(syscall: string, errno: number): Error {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${syscall} ${code}`), { syscall, code, errno: -errno });
}

function portIdOf(sender: Uint8Array): number {
  return new DataView(sender.buffer, sender.byteOffset).getUint32(SOCKADDR_NL.portId, true);
}
