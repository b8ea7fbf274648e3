import { createSocket, type Socket } from "node:dgram";
import type { MemberMessage } from "./messages.ts";

/** A refusal comes at once; the socket waits for it so long. */
const OPEN_MS = 1_000;
/** Sockets open at once: members that fall silent together. */
const MOST_OPEN = 64;

export interface PortQuestionsOptions {
  /** The port of heartbeats. */
  readonly port: number;
  /** The kernel of the node says that no process has the port: the speaker is gone. */
  onRefused(node: string): void;
}

/**
 * Asks the kernels of silent members whether a process has the port of heartbeats: by an empty datagram, which speakers ignore,
 * from a socket that is connected, because only such a one hears of the ICMP error (RFC 1122 section 4.1.3.3).
 */
export class PortQuestions {
  readonly #options: PortQuestionsOptions;
  readonly #sockets = new Map<string, Socket>();

  constructor(options: PortQuestionsOptions) {
    this.#options = options;
  }

  /** Sockets open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Asks for a member, or asks again. */
  ask({ node, address, family }: MemberMessage): void {
    const known = this.#sockets.get(node);
    if (known !== undefined) return this.#send(known, node);
    if (this.#sockets.size >= MOST_OPEN) return undefined;
    const socket = createSocket(family === "ipv6" ? "udp6" : "udp4");
    this.#sockets.set(node, socket);
    socket.on("error", (error) => this.#hear(node, error));
    socket.once("connect", () => this.#send(socket, node));
    socket.connect(this.#options.port, address);
    setTimeout(() => this.#close(node, socket), OPEN_MS).unref();
    return undefined;
  }

  close(): void {
    for (const [node, socket] of this.#sockets) this.#close(node, socket);
  }

  #send(socket: Socket, node: string): void {
    try {
      socket.send("", (error) => this.#hear(node, error));
    } catch {
      // It is not connected yet: its first datagram is still to come.
    }
  }

  #hear(node: string, error: NodeJS.ErrnoException | null): void {
    if (error?.code === "ECONNREFUSED") this.#options.onRefused(node);
  }

  #close(node: string, socket: Socket): void {
    if (this.#sockets.get(node) !== socket) return;
    this.#sockets.delete(node);
    socket.close();
  }
}
