import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { DatagramSocket } from "#native/socket.ts";
import { setReceiveBuffer } from "./receive-buffer.ts";
import {
  decodeNetlinkErrno,
  decodeNetlinkMessages,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  type NetlinkMessage,
} from "#src/wire/netlink.ts";
import {
  type AddressMessage,
  decodeRtnetlink,
  encodeAddressDumpRequest,
  encodeLinkDumpRequest,
  type LinkMessage,
} from "#src/wire/rtnetlink.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;
/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR of rtnetlink(7). */
const GROUPS = 0x1 | 0x10 | 0x100;
/** struct sockaddr_nl: family u16, pad, port id u32, groups u32. */
const SOCKADDR_NL = { portId: 4, groups: 8, end: 12 } as const;
/** The kernel never makes a datagram of a dump longer than this. */
const SLOT_BYTES = 32 << 10;
const SLOTS = 4;
/** Room for the events of some thousand links that change at once. */
const EVENT_BUFFER_BYTES = 1 << 20;

/** A failed exchange with the kernel, shaped as Node's own errors are. */
function netlinkError(syscall: string, errno: number): Error {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${syscall} ${code}`), { syscall, code, errno: -errno });
}

function openRouteSocket(options: {
  onDatagram(bytes: Uint8Array, length: number): void;
  onError(errno: number): void;
}) {
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

/**
 * Opens a socket that calls `onEvent` whenever links or addresses change, and when such events were lost (ENOBUFS).
 * What changed is not told: take a dump.
 */
export function openLinkEvents(options: { onEvent(): void; onError(error: Error): void }): Disposable {
  const socket = openRouteSocket({
    onDatagram: () => options.onEvent(),
    onError: (errno) => {
      if (errno === constants.errno.ENOBUFS) options.onEvent();
      else options.onError(netlinkError("recvmmsg", errno));
    },
  });
  try {
    setReceiveBuffer(socket, EVENT_BUFFER_BYTES);
    const address = new Uint8Array(SOCKADDR_NL.end);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_NETLINK, true);
    view.setUint32(SOCKADDR_NL.groups, GROUPS, true);
    socket.bind(address);
    socket.start();
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

/** What links and addresses there are. */
export interface Dump {
  readonly messages: readonly (LinkMessage | AddressMessage)[];
  /** False if something changed between the parts: an entry may be missing or twice in it. */
  readonly isConsistent: boolean;
}

interface Pending {
  readonly sequence: number;
  readonly messages: (LinkMessage | AddressMessage)[];
  isConsistent: boolean;
  resolve(dump: Dump): void;
  reject(error: Error): void;
}

/** Asks the kernel for all links and addresses. Its socket hears no events, so that answers and events never mix. */
export class LinkDumper implements Disposable {
  readonly #socket: DatagramSocket;
  #sequence = 0;
  #pending: Pending | undefined;

  constructor() {
    this.#socket = openRouteSocket({
      onDatagram: (bytes, length) => {
        if (length > bytes.length) this.#fail(netlinkError("recvmmsg", constants.errno.EMSGSIZE));
        for (const message of decodeNetlinkMessages(bytes)) this.#take(message);
      },
      onError: (errno) => this.#fail(netlinkError("recvmmsg", errno)),
    });
    this.#socket.start();
  }

  /** One dump; one at a time. Rejects if the kernel refuses or the socket is closed meanwhile. */
  async dump(): Promise<Dump> {
    const links = await this.#request(encodeLinkDumpRequest);
    const addresses = await this.#request(encodeAddressDumpRequest);
    return {
      messages: [...links.messages, ...addresses.messages],
      isConsistent: links.isConsistent && addresses.isConsistent,
    };
  }

  [Symbol.dispose](): void {
    this.#socket.close();
    this.#fail(netlinkError("recvmmsg", constants.errno.EBADF));
  }

  #request(encode: (sequence: number) => Uint8Array): Promise<Dump> {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const { promise, resolve, reject } = Promise.withResolvers<Dump>();
    this.#pending = { sequence: this.#sequence, messages: [], isConsistent: true, resolve, reject };
    const sent = this.#socket.send(encode(this.#sequence));
    if (sent < 0) this.#fail(netlinkError("sendto", -sent));
    return promise;
  }

  #take(message: NetlinkMessage): void {
    const pending = this.#pending;
    if (pending === undefined || message.sequence !== pending.sequence) return;
    if ((message.flags & NLM_F_DUMP_INTR) !== 0) pending.isConsistent = false;
    if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
      const errno = decodeNetlinkErrno(message.payload);
      if (errno !== 0) return this.#fail(netlinkError("netlink dump", errno));
      this.#pending = undefined;
      return pending.resolve(pending);
    }
    const decoded = decodeRtnetlink(message);
    if (decoded !== undefined) pending.messages.push(decoded);
  }

  #fail(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = undefined;
  }
}
