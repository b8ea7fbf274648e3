import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { DatagramSocket } from "#native/socket.ts";
import { setReceiveBuffer } from "./receive-buffer.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;
/** struct sockaddr_nl: family u16, pad, port id u32, groups u32. */
const SOCKADDR_NL = { portId: 4, groups: 8, end: 12 } as const;
/** The kernel never makes a datagram of a dump longer than this. */
const SLOT_BYTES = 32 << 10;
const SLOTS = 4;
/** Room for the events of some thousand links that change at once. */
const EVENT_BUFFER_BYTES = 1 << 20;

/** A failed exchange with the kernel, shaped as Node's own errors are. */
export function rtnetlinkError(syscall: string, errno: number): Error {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${syscall} ${code}`), { syscall, code, errno: -errno });
}

/** Opens a socket that takes only what the kernel sends; nothing arrives before its `start()`. */
export function openRtnetlinkSocket(options: {
  onDatagram(bytes: Uint8Array, length: number): void;
  onError(errno: number): void;
}): DatagramSocket {
  return new DatagramSocket({
    domain: AF_NETLINK,
    type: SOCK_RAW,
    protocol: NETLINK_ROUTE,
    slots: SLOTS,
    slotBytes: SLOT_BYTES,
    onDatagram: (bytes, sender, length) => {
      // Other programs can write to our socket as well.
      if (portIdOf(sender) === 0) options.onDatagram(bytes, length);
    },
    onError: (errno) => options.onError(errno),
  });
}

function portIdOf(sender: Uint8Array): number {
  return new DataView(sender.buffer, sender.byteOffset).getUint32(SOCKADDR_NL.portId, true);
}

export interface RtnetlinkEventsOptions {
  /** RTMGRP_* of rtnetlink(7). */
  readonly groups: number;
  /** Something of these groups changed, or events were lost (ENOBUFS). */
  onEvent(): void;
  onError(error: Error): void;
}

/** Opens a socket that hears that something changed. It does not say what: take a dump. */
export function openRtnetlinkEvents({ groups, onEvent, onError }: RtnetlinkEventsOptions): Disposable {
  const socket = openRtnetlinkSocket({
    onDatagram: () => onEvent(),
    onError: (errno) => {
      if (errno === constants.errno.ENOBUFS) onEvent();
      else onError(rtnetlinkError("recvmmsg", errno));
    },
  });
  try {
    setReceiveBuffer(socket, EVENT_BUFFER_BYTES);
    const address = new Uint8Array(SOCKADDR_NL.end);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_NETLINK, true);
    view.setUint32(SOCKADDR_NL.groups, groups, true);
    socket.bind(address);
    socket.start();
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}
