import type { Socket } from "node:net";
import { type ProxiedClient, readProxyHeader } from "./proxy-header.ts";

export interface ProxyPrefaceOptions {
  /** Whether the connections of an address begin with a header. */
  readonly trusts: (address: string) => boolean;
  /** How long the header may take. */
  readonly timeoutMs: number;
}

const NOTHING = Buffer.alloc(0);
/** Connections whose header has not come whole; beyond, the one that waits for longest is closed. */
const MAX_WAITING = 4_096;

/** Reads the header of the PROXY protocol with which connections from trusted proxies begin. */
export class ProxyPreface {
  /** Connections from trusted proxies that were closed, because they did not begin with a whole header in time. */
  failed = 0;
  readonly #options: ProxyPrefaceOptions;
  /** The longest waiting first. */
  readonly #waiting = new Set<Socket>();

  constructor(options: ProxyPrefaceOptions) {
    this.#options = options;
  }

  /** Whether a connection from this address begins with a header. */
  isExpectedFrom(address: string): boolean {
    return this.#options.trusts(address);
  }

  /**
   * Waits for the header, and calls back with whose connection it is (undefined: the proxy's own). What came after the header is read
   * from the socket next, which is paused. A connection without a header is closed, and there is no call.
   */
  read(socket: Socket, onKnown: (client: ProxiedClient | undefined) => void): void {
    const [first] = this.#waiting.size >= MAX_WAITING ? this.#waiting : [];
    if (first !== undefined) this.#fail(first);
    this.#waiting.add(socket);
    let bytes: Buffer = NOTHING;
    const timer = setTimeout(() => this.#fail(socket), this.#options.timeoutMs);
    const stop = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(socket);
      socket.off("data", onData).off("end", onEnd).off("close", stop);
    };
    const onEnd = (): void => this.#fail(socket);
    const onData = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes);
      if (header === "incomplete") return;
      if (header === "malformed") {
        this.#fail(socket);
        return;
      }
      stop();
      socket.pause();
      const rest = bytes.subarray(header.length);
      if (rest.length > 0) socket.unshift(rest);
      onKnown(header.client);
    };
    socket.on("error", () => undefined);
    socket.on("data", onData).on("end", onEnd).on("close", stop);
  }

  #fail(socket: Socket): void {
    if (!this.#waiting.delete(socket)) return;
    this.failed += 1;
    socket.destroy();
  }
}
