import { monotonicMs } from "#src/process/clock.ts";
import { readClientHello } from "#ingress/tls/client-hello.ts";
import type { PrefaceSource } from "./proxy-preface.ts";

export interface HelloWatchOptions {
  /** How long a client may take for its ClientHello. */
  readonly handshakeMs: number;
  readonly onFailure: (error: Error) => void;
}

/** What is known of a client that has said which server it means. */
export interface SaidHello {
  /** Undefined: none; what was sent may be anything. */
  readonly serverName: string | undefined;
  /** What is left of the time for its handshake. */
  readonly leftMs: number;
}

/** Of all connections together: some bytes of a ClientHello that is not whole. Beyond, the one that waits for longest is closed. */
const MAX_KEPT_BYTES = 16_777_216;
/** A client may send byte by byte: so many pieces are made one. */
const MAX_PIECES = 32;

/** Reads of connections which server their clients mean, before anything answers the handshake. */
export class HelloWatch {
  readonly #options: HelloWatchOptions;
  readonly #nowMs: () => number;
  /** Closes those that have sent a part, the longest waiting first. */
  readonly #partial = new Map<PrefaceSource, () => void>();
  #keptBytes = 0;

  constructor(options: HelloWatchOptions, nowMs: () => number = monotonicMs) {
    this.#options = options;
    this.#nowMs = nowMs;
  }

  /** Waits for the ClientHello and calls back; all that has come is read from the connection next. One whose hello is not whole in time is closed. */
  read(source: PrefaceSource, onSaid: (hello: SaidHello) => void): void {
    const { handshakeMs } = this.#options;
    const beganMs = this.#nowMs();
    let pieces: Buffer[] = [];
    let [length, needs] = [0, 1];
    const leave = (): void => {
      clearTimeout(timer);
      this.#partial.delete(source);
      this.#keptBytes -= length;
      length = 0;
    };
    const fail = (why: string): void => {
      leave();
      source.destroy();
      this.#options.onFailure(new Error(why));
    };
    const timer = setTimeout(() => fail("no whole ClientHello in time"), handshakeMs);
    const keep = (): void => {
      this.#partial.set(source, () => fail("too many ClientHellos are not whole"));
      const [first] = this.#keptBytes > MAX_KEPT_BYTES ? this.#partial.values() : [];
      first?.();
    };
    const onBytes = (chunk: Buffer): void => {
      pieces.push(chunk);
      length += chunk.length;
      this.#keptBytes += chunk.length;
      const isEnough = length >= needs;
      if (isEnough || pieces.length > MAX_PIECES) pieces = [Buffer.concat(pieces)];
      const hello = isEnough ? readClientHello(pieces[0]!) : undefined;
      if (hello === undefined) return keep();
      if (hello.kind === "incomplete") {
        ({ needs } = hello);
        return keep();
      }
      if (hello.kind === "too-large") return fail("the ClientHello is too large");
      leave();
      source.stopPreface(pieces[0]!);
      const serverName = hello.kind === "named" ? hello.serverName : undefined;
      onSaid({ serverName, leftMs: Math.max(1, beganMs + handshakeMs - this.#nowMs()) });
    };
    source.startPreface({
      onBytes,
      onGone: leave,
      onEnd: () => fail("the client ended before its ClientHello was whole"),
    });
  }
}
