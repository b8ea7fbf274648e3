import { ErrorCode } from "#src/http2/error-code.ts";
import { ClosedStreams } from "./closed-streams.ts";
import type { RequestStream } from "./request-stream.ts";

/** The streams of a connection: those that are open, those over that can serve others, and what is known of numbers beyond. */
export class StreamTable {
  readonly #open = new Map<number, RequestStream>();
  readonly #free: RequestStream[] = [];
  readonly #closed = new ClosedStreams();
  /** Streams whose data waits for room, the next first. */
  readonly #ready = new Set<RequestStream>();
  readonly #make: () => RequestStream;
  /** The highest number that the client has used. */
  last = 0;

  constructor(make: () => RequestStream) {
    this.#make = make;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Data of streams waits for room. */
  get isCrowded(): boolean {
    return this.#ready.size > 0;
  }

  all(): Iterable<RequestStream> {
    return this.#open.values();
  }

  get(id: number): RequestStream | undefined {
    return this.#open.get(id);
  }

  /** Not begun by the client. */
  isNew(id: number): boolean {
    return id > this.last || id % 2 === 0;
  }

  /** A stream for a number. */
  open(id: number): RequestStream {
    const stream = this.#free.pop() ?? this.#make();
    this.#open.set(id, stream);
    return stream;
  }

  /** The stream is over. `wasCut`: not by the client, which may still send of it. */
  close(stream: RequestStream, wasCut: boolean): void {
    this.#open.delete(stream.id);
    this.#ready.delete(stream);
    this.#closed.add(stream.id, wasCut);
    if (stream.isReusable) this.#free.push(stream);
  }

  /** No stream is opened for a number. */
  refuse(id: number): void {
    this.#closed.add(id, true);
  }

  /** Why data may not come for a number without stream; undefined: it is on its way from before, and dropped. */
  dataFault(id: number): ErrorCode | undefined {
    if (this.isNew(id)) return ErrorCode.ProtocolError;
    return this.#closed.isCut(id) ? undefined : ErrorCode.StreamClosed;
  }

  /** Why a header block may not come for a number that was used before; undefined: it is dropped. */
  blockFault(id: number): ErrorCode | undefined {
    if (this.#closed.isCut(id)) return undefined;
    return this.#closed.has(id) ? ErrorCode.StreamClosed : ErrorCode.ProtocolError;
  }

  awaitRoom(stream: RequestStream): void {
    this.#ready.add(stream);
  }

  /** Lets streams send in turn, a frame each, as long as there is room. */
  sendReady(hasRoom: () => boolean): void {
    while (this.#ready.size > 0 && hasRoom()) {
      const [stream] = this.#ready;
      this.#ready.delete(stream!);
      stream!.answers.sendNext();
    }
  }
}
