import { constants } from "node:os";
import type { DatagramSocket } from "#native/socket.ts";
import { NETLINK_ROUTE, netlinkError, openNetlinkSocket } from "./netlink-socket.ts";
import {
  decodeNetlinkErrno,
  decodeNetlinkMessages,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  type NetlinkMessage,
} from "#src/wire/netlink.ts";

const SOL_NETLINK = 270;
/** From Linux 4.20 on the kernel then looks at what a request asks for, and leaves out the rest. */
const NETLINK_GET_STRICT_CHK = 12;

/** All that the kernel knows of one kind of thing. */
export interface Dump<T> {
  readonly messages: readonly T[];
  /** False if something changed between the parts: an entry may be missing or twice in it. */
  readonly isConsistent: boolean;
}

/** One request, and how the answers are read; undefined leaves one out. */
export interface DumpRequest<T> {
  encode(sequence: number): Uint8Array;
  decode(message: NetlinkMessage): T | undefined;
}

interface Pending {
  readonly sequence: number;
  isConsistent: boolean;
  take(message: NetlinkMessage): void;
  resolve(isConsistent: boolean): void;
  reject(error: Error): void;
}

/** Asks the kernel for all links, addresses or routes. Its socket hears no events: answers and events never mix. */
export class RtnetlinkDumper implements Disposable {
  readonly #socket: DatagramSocket;
  #sequence = 0;
  #pending: Pending | undefined;

  constructor({ isStrict = false }: { readonly isStrict?: boolean } = {}) {
    this.#socket = openNetlinkSocket({
      protocol: NETLINK_ROUTE,
      onDatagram: (bytes, length) => {
        if (length > bytes.length) this.#fail(netlinkError("recvmmsg", constants.errno.EMSGSIZE));
        for (const message of decodeNetlinkMessages(bytes)) this.#take(message);
      },
      onError: (errno) => this.#fail(netlinkError("recvmmsg", errno)),
    });
    if (isStrict) this.#checkStrictly();
    this.#socket.start();
  }

  /** One dump; one at a time. Rejects if the kernel refuses or the socket is closed meanwhile. */
  async dump<T>({ encode, decode }: DumpRequest<T>): Promise<Dump<T>> {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const messages: T[] = [];
    const take = (message: NetlinkMessage): void => {
      const decoded = decode(message);
      if (decoded !== undefined) messages.push(decoded);
    };
    this.#pending = { sequence: this.#sequence, isConsistent: true, take, resolve, reject };
    const sent = this.#socket.send(encode(this.#sequence));
    if (sent < 0) this.#fail(netlinkError("sendto", -sent));
    return { isConsistent: await promise, messages };
  }

  [Symbol.dispose](): void {
    this.#socket.close();
    this.#fail(netlinkError("recvmmsg", constants.errno.EBADF));
  }

  /** An older kernel refuses, and sends more than was asked for. */
  #checkStrictly(): void {
    try {
      this.#socket.setOption(SOL_NETLINK, NETLINK_GET_STRICT_CHK, Uint8Array.of(1, 0, 0, 0));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOPROTOOPT") throw error;
    }
  }

  #take(message: NetlinkMessage): void {
    const pending = this.#pending;
    if (pending === undefined || message.sequence !== pending.sequence) return;
    if ((message.flags & NLM_F_DUMP_INTR) !== 0) pending.isConsistent = false;
    if (message.type !== NLMSG_ERROR && message.type !== NLMSG_DONE) return pending.take(message);
    const errno = decodeNetlinkErrno(message.payload);
    if (errno !== 0) return this.#fail(netlinkError("netlink dump", errno));
    this.#pending = undefined;
    return pending.resolve(pending.isConsistent);
  }

  #fail(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = undefined;
  }
}
