import { constants } from "node:os";
import type { DatagramSocket } from "#native/socket.ts";
import { decodeNetlinkErrno, decodeNetlinkMessages, NLMSG_ERROR } from "#src/wire/netlink.ts";
import { encodeNfBatch, type NfMessage } from "#src/wire/nf-batch.ts";
import { openNetlinkSocket } from "./netlink-socket.ts";

const NETLINK_NETFILTER = 12;
/** Batches whose answers are waited for; of more the answers are not looked at. */
const MAX_PENDING = 10_000;

/** Hears how a batch ended: undefined, or the first error, a positive errno. */
type OnDone = (errno: number | undefined) => void;

/** Messages that are done together, by their sequence numbers. */
interface Batch {
  readonly first: number;
  readonly last: number;
  readonly onDone: OnDone;
}

/** The way to nftables in the network namespace of this thread. Batches are done in order; the kernel has done one when `send` returns. */
export class NfTablesSocket implements Disposable {
  readonly #socket: DatagramSocket;
  /** Those whose messages wait for answers, by sequence number. */
  readonly #pending = new Map<number, Batch>();
  #sequence = 1;

  constructor(onError: (errno: number) => void) {
    this.#socket = openNetlinkSocket({
      protocol: NETLINK_NETFILTER,
      onDatagram: (bytes) => {
        for (const { type, sequence, payload } of decodeNetlinkMessages(bytes))
          if (type === NLMSG_ERROR) this.#take(sequence, decodeNetlinkErrno(payload));
      },
      onError: (errno) => {
        if (errno !== constants.errno.ENOBUFS) return onError(errno);
        // More answers than there was room for: what was sent is done all the same, and how each batch ended is not known.
        this.#pending.clear();
      },
    });
    this.#socket.start();
  }

  /** Sends a batch, of one message at least. */
  send(messages: readonly NfMessage[], onDone: OnDone): void {
    const first = this.#sequence;
    this.#sequence = (this.#sequence + messages.length) % 0x7fff_ffff || 1;
    const batch = { first, last: first + messages.length - 1, onDone };
    if (this.#pending.size < MAX_PENDING)
      for (let sequence = first; sequence <= batch.last; sequence++) this.#pending.set(sequence, batch);
    const sent = this.#socket.send(encodeNfBatch(messages, first));
    if (sent < 0) this.#take(first, -sent);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
    this.#pending.clear();
  }

  #take(sequence: number, errno: number): void {
    const batch = this.#pending.get(sequence);
    if (batch === undefined) return;
    this.#pending.delete(sequence);
    if (errno === 0 && sequence !== batch.last) return;
    // Nothing of the batch is done: its other answers say nothing new.
    for (let other = batch.first; other <= batch.last; other++) this.#pending.delete(other);
    batch.onDone(errno === 0 ? undefined : errno);
  }
}
