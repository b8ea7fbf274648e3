import type { ConnectionEnds } from "./connection.ts";
import { readProxyHeader } from "./proxy-header.ts";

export interface ProxyPrefaceOptions {
  /** Whether the connections of an address begin with a header. */
  readonly trusts: (address: string) => boolean;
  /** How long the header may take. */
  readonly timeoutMs: number;
}

/** What gets the first bytes of a connection. */
interface PrefaceReader {
  readonly onBytes: (bytes: Buffer) => void;
  /** The other end has ended its side. */
  readonly onEnd: () => void;
  readonly onGone: () => void;
}

/** A connection that nothing else reads yet. */
export interface PrefaceSource {
  destroy(): void;
  /** Gives what comes to the reader, until `stopPreface`. */
  startPreface(reader: PrefaceReader): void;
  /** What came behind the header is what is read next. */
  stopPreface(rest: Buffer): void;
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
  readonly #waiting = new Set<PrefaceSource>();

  constructor(options: ProxyPrefaceOptions) {
    this.#options = options;
  }

  /** Connections whose header has not come whole. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether a connection from this address begins with a header. */
  isExpectedFrom(address: string): boolean {
    return this.#options.trusts(address);
  }

  /**
   * Waits for the header, and calls back with whose connection it is (undefined: the proxy's own). What came after the header is read
   * from the connection next. A connection without a header is closed, and there is no call.
   */
  read(source: PrefaceSource, onKnown: (ends: ConnectionEnds | undefined) => void): void {
    const [first] = this.#waiting.size >= MAX_WAITING ? this.#waiting : [];
    if (first !== undefined) this.#fail(first);
    this.#waiting.add(source);
    let bytes: Buffer = NOTHING;
    const timer = setTimeout(() => this.#fail(source), this.#options.timeoutMs);
    const onGone = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(source);
    };
    const onBytes = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes);
      if (header === "incomplete") return;
      if (header === "malformed") {
        this.#fail(source);
        return;
      }
      onGone();
      source.stopPreface(bytes.subarray(header.length));
      onKnown(header.ends);
    };
    source.startPreface({ onBytes, onGone, onEnd: () => this.#fail(source) });
  }

  #fail(source: PrefaceSource): void {
    if (!this.#waiting.delete(source)) return;
    this.failed += 1;
    source.destroy();
  }
}
