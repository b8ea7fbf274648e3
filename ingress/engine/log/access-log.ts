import type { Attempt } from "#ingress/engine/endpoints/attempt.ts";
import { jsonLogFormat } from "./json-log-format.ts";
import type { KeptTexts } from "./kept-texts.ts";
import { LineWriter } from "./line-writer.ts";
import type { LogFormat } from "./log-format.ts";
import type { ResponseReason } from "#ingress/engine/response-reason.ts";

/** What is written of one request. What came from the client is cut and escaped, because it may contain anything. */
export interface AccessEntry {
  readonly client: string;
  readonly isSecure: boolean;
  /** Empty where the head could not be read. */
  readonly kept: KeptTexts;
  /** `namespace/name`; empty where no rule matched. */
  ingress: string;
  /** `namespace/name:port` as the rule has it, or that of the canary that got the request; empty where no rule matched. */
  service: string;
  /** Of the rule itself. */
  mainService: string;
  /** Of the canary that got the request; empty: none did. */
  canaryService: string;
  /** `address:port` of the endpoint that was asked last; empty where none was. */
  endpoint: string;
  /** All endpoints that were asked, where the format needs them. */
  attempts: readonly Attempt[];
}

/** What is written of its answer. Durations in milliseconds. */
export interface LoggedAnswer {
  readonly status: number;
  /** Of a request without a whole answer of an endpoint. */
  readonly reason: ResponseReason | undefined;
  /** Sent to the client, the head included. */
  readonly bytes: number;
  readonly bodyBytes: number;
  /** Received of the request, the head included. */
  readonly requestBytes: number;
  readonly wallMs: number;
  readonly durationMs: number;
  /** Monotonic. */
  readonly endedMs: number;
}

const BUFFER_BYTES = 65_536;
/** No line is longer: what goes beyond is left out. A line of JSON is shorter, whatever a client sends. */
const MAX_LINE_BYTES = 16_384;

export interface AccessLogOptions {
  /** JSON by default. */
  readonly format?: LogFormat;
  /** Requests for these paths, as clients write them and without query, are not logged. */
  readonly skippedPaths?: ReadonlySet<string>;
}

/** A line for each request that has ended, gathered in one buffer and written when it is full or on `flush`. */
export class AccessLog {
  #format = jsonLogFormat();
  readonly #write: (lines: Buffer) => void;
  readonly #line = new LineWriter(Buffer.allocUnsafeSlow(BUFFER_BYTES));
  /** One character for each byte. */
  #skipped: readonly Buffer[] = [];

  /** `write` gets whole lines, in a buffer that is its own from then on. */
  constructor(write: (lines: Buffer) => void, options: AccessLogOptions = {}) {
    this.#write = write;
    this.use(options);
  }

  get format(): LogFormat {
    return this.#format;
  }

  /** Writes lines so from now on. Of requests under way, what only another format needs is missing. */
  use({ format = jsonLogFormat(), skippedPaths = new Set() }: AccessLogOptions): void {
    this.#format = format;
    this.#skipped = [...skippedPaths].map((path) => Buffer.from(path, "latin1"));
  }

  /** Whether requests for a path are not logged. */
  skips(bytes: Buffer, start: number, end: number): boolean {
    return this.#skipped.some((path) => path.length === end - start && path.compare(bytes, start, end) === 0);
  }

  /** Adds one line. */
  add(entry: AccessEntry, answer: LoggedAnswer): void {
    const line = this.#line;
    if (line.at + MAX_LINE_BYTES > BUFFER_BYTES) this.flush();
    line.begin(MAX_LINE_BYTES);
    this.#format.write(line, entry, answer);
    line.end();
  }

  /** Writes what has been gathered. */
  flush(): void {
    const line = this.#line;
    if (line.at === 0) return;
    this.#write(line.bytes.subarray(0, line.at));
    line.bytes = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    line.at = 0;
  }
}
