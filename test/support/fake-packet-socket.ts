import { constants } from "node:os";
import {
  type OpenPacketSocket,
  PACKET_HOST,
  PACKET_OTHERHOST,
  PACKET_OUTGOING,
  type PacketSocket,
  type PacketSocketOptions,
} from "#src/linux/packet-socket.ts";

/** A packet socket without a kernel, at the level of frames. It keeps the filter but does not run it. */
export class FakePacketSocket implements PacketSocket {
  readonly options: PacketSocketOptions;
  /** The filter set last. */
  filter: Uint8Array;
  /** Copies of the frames sent, oldest first. */
  readonly sent: Uint8Array[] = [];
  /** Makes `send` fail with this positive errno; 0 lets it succeed. */
  sendErrno = 0;
  isClosed = false;
  #stats = { received: 0, dropped: 0 };

  constructor(options: PacketSocketOptions) {
    this.options = options;
    this.filter = options.filter;
  }

  /** A frame comes in from the wire. */
  receive(frame: Uint8Array, packetType = PACKET_HOST): void {
    if (this.isClosed) return;
    this.#stats.received++;
    const isSent = packetType === PACKET_OUTGOING;
    if (packetType === PACKET_OTHERHOST || (isSent && this.options.hearsSent !== true)) return;
    this.options.onFrame(frame, packetType);
  }

  /** Frames are lost because the receiver was too slow. */
  drop(count: number): void {
    this.#stats.dropped += count;
  }

  /** The kernel reports an error, a positive errno. */
  fail(errno: number): void {
    if (!this.isClosed) this.options.onError(errno);
  }

  setFilter(instructions: Uint8Array): void {
    this.filter = instructions;
  }

  send(frame: Uint8Array): number {
    if (this.isClosed) return -constants.errno.EBADF;
    if (this.sendErrno !== 0) return -this.sendErrno;
    this.sent.push(Uint8Array.from(frame));
    return frame.length;
  }

  readStats(): { received: number; dropped: number } {
    const stats = this.#stats;
    this.#stats = { received: 0, dropped: 0 };
    return stats;
  }

  close(): void {
    this.isClosed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Stands in for `openPacketSocket` and keeps the sockets it opened, oldest first. */
export function fakePacketSockets(): { open: OpenPacketSocket; sockets: FakePacketSocket[] } {
  const sockets: FakePacketSocket[] = [];
  return {
    sockets,
    open: (options) => {
      const socket = new FakePacketSocket(options);
      sockets.push(socket);
      return socket;
    },
  };
}
