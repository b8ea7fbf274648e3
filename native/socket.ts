import { type Handle, loadNative } from "./load.ts";

const native = loadNative();

/** Room per slot for the sender's address; any of sockaddr_ll, sockaddr_nl, sockaddr_in6 fits. */
const ADDRESS_BYTES = 32;

export interface DatagramSocketOptions {
  /** As for socket(2): AF_PACKET = 17, AF_NETLINK = 16, and so on. SOCK_CLOEXEC and SOCK_NONBLOCK are added. */
  readonly domain: number;
  readonly type: number;
  /** In the byte order that the domain wants. */
  readonly protocol: number;
  /** Datagrams taken from the kernel at once: 1 to 1024. */
  readonly slots: number;
  /** Room for one datagram; what is longer arrives cut. */
  readonly slotBytes: number;
  /**
   * One datagram. `datagram` and `sender` (raw sockaddr, 32 bytes, zeros or leftovers behind its end) are valid only
   * during the call. `length` is the datagram's own length, more than `datagram.length` if it was cut.
   */
  onDatagram(datagram: Uint8Array, sender: Uint8Array, length: number): void;
  /** The kernel reported an error (positive errno) on the socket; the socket goes on. ENOBUFS: datagrams were lost. */
  onError(errno: number): void;
}

/**
 * A datagram socket of any domain: bytes in, bytes out, no protocol knowledge. Needs `close()`, or the end of its
 * thread; an open one is not collected, a started one keeps the thread alive. Failing calls throw an Error with
 * `syscall`, `code` ("EPERM") and `errno` (negative, as everywhere in Node); wrong types throw a TypeError.
 */
export class DatagramSocket {
  readonly #handle: Handle;
  readonly #options: DatagramSocketOptions;
  readonly #frames: Uint8Array;
  readonly #lengths: Uint32Array;
  readonly #senders: readonly Uint8Array[];
  #isOpen = true;

  /** Opens the socket; nothing arrives before `start()`. */
  constructor(options: DatagramSocketOptions) {
    const { domain, type, protocol, slots, slotBytes } = options;
    this.#options = options;
    this.#frames = new Uint8Array(slots * slotBytes);
    this.#lengths = new Uint32Array(slots);
    const addresses = new Uint8Array(slots * ADDRESS_BYTES);
    this.#senders = Array.from({ length: slots }, (_, slot) =>
      addresses.subarray(slot * ADDRESS_BYTES, (slot + 1) * ADDRESS_BYTES),
    );
    const onBatch = this.#onBatch.bind(this);
    this.#handle = native.open(domain, type, protocol, slots, this.#frames, this.#lengths, addresses, onBatch);
  }

  /** setsockopt(2) with the raw bytes of the value. */
  setOption(level: number, option: number, value: Uint8Array): void {
    native.setsockopt(this.#handle, level, option, value);
  }

  /** getsockopt(2): the value, at most `capacityBytes` of it. */
  getOption(level: number, option: number, capacityBytes: number): Uint8Array {
    const out = new Uint8Array(capacityBytes);
    return out.subarray(0, native.getsockopt(this.#handle, level, option, out));
  }

  /** Attaches a classic BPF program, 8 bytes per instruction, in place of the one before, atomically (SO_ATTACH_FILTER). */
  attachFilter(instructions: Uint8Array): void {
    native.attachFilter(this.#handle, instructions);
  }

  /** bind(2) with raw sockaddr bytes. */
  bind(address: Uint8Array): void {
    native.bind(this.#handle, address);
  }

  /** Begins to receive. A second call does nothing. */
  start(): void {
    native.start(this.#handle);
  }

  /**
   * Sends one datagram, to a raw sockaddr or to where the socket is bound. Returns the bytes sent, or a negative errno:
   * ENETDOWN, ENXIO and ENOBUFS are everyday; EBADF after `close()`.
   */
  send(datagram: Uint8Array, address?: Uint8Array): number {
    return native.send(this.#handle, datagram, address);
  }

  /**
   * Nothing is delivered any more. The descriptor itself is closed on another thread, because the kernel takes its time to close a
   * packet socket. A second call does nothing.
   */
  close(): void {
    this.#isOpen = false;
    native.close(this.#handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #onBatch(count: number, errno: number): void {
    if (errno !== 0) this.#options.onError(errno);
    const { slotBytes } = this.#options;
    for (let slot = 0; slot < count; slot++) {
      if (!this.#isOpen) return; // the receiver may close the socket at any datagram
      const length = this.#lengths[slot] ?? 0;
      const start = slot * slotBytes;
      const datagram = this.#frames.subarray(start, start + Math.min(length, slotBytes));
      this.#options.onDatagram(datagram, this.#senders[slot] ?? EMPTY, length);
    }
  }
}

const EMPTY = new Uint8Array(0);
