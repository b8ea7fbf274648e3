import type { ResponseReason } from "./response-reason.ts";

/** What is written of one request. Texts that came from the client are cut and escaped, because they may contain anything. */
export interface AccessEntry {
  readonly client: string;
  readonly isSecure: boolean;
  /** Empty, as host and target are, where the head could not be read. */
  method: string;
  host: string;
  /** The path with its query. */
  target: string;
  /** `namespace/name`; empty where no rule matched. */
  ingress: string;
  /** `namespace/name:port` as the rule has it; empty where no rule matched. */
  service: string;
  /** `address:port` of the endpoint that was asked last; empty where none was. */
  endpoint: string;
}

const BUFFER_BYTES = 65_536;
/** No line is longer: two texts of the client's with at most six bytes for a character, and the short rest. */
const MAX_LINE_BYTES = 12_288;
const MAX_HOST_LENGTH = 260;
const MAX_TARGET_LENGTH = 1_024;
/** A method is at most 32 characters; Kubernetes names and addresses are bounded by what reads them. */
const MAX_NAME_LENGTH = 512;

/** Lines of JSON, one for each request that has ended, gathered in one buffer and written when it is full or on `flush`. */
export class AccessLog {
  readonly #write: (lines: Buffer) => void;
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #length = 0;

  /** `write` gets whole lines, in a buffer that is its own from then on. */
  constructor(write: (lines: Buffer) => void) {
    this.#write = write;
  }

  /** Adds one line. Durations in milliseconds. */
  add(
    entry: AccessEntry,
    answer: {
      readonly status: number;
      /** Of a request without a whole answer of an endpoint. */
      readonly reason: ResponseReason | undefined;
      readonly bytes: number;
      readonly wallMs: number;
      readonly durationMs: number;
    },
  ): void {
    const line = printLine(entry, answer);
    if (this.#length + MAX_LINE_BYTES > BUFFER_BYTES) this.flush();
    this.#length += this.#buffer.write(line, this.#length, "utf8");
  }

  /** Writes what has been gathered. */
  flush(): void {
    if (this.#length === 0) return;
    this.#write(this.#buffer.subarray(0, this.#length));
    this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#length = 0;
  }
}

function printLine(
  { client, isSecure, method, host, target, ingress, service, endpoint }: AccessEntry,
  { status, reason, bytes, wallMs, durationMs }: Parameters<AccessLog["add"]>[1],
): string {
  const line = {
    time: new Date(wallMs).toISOString(),
    msg: "request",
    client,
    tls: isSecure,
    method,
    host: host.slice(0, MAX_HOST_LENGTH),
    target: target.slice(0, MAX_TARGET_LENGTH),
    status,
    reason: reason ?? "",
    bytes,
    durationMs: Math.round(durationMs * 1_000) / 1_000,
    ingress: ingress.slice(0, MAX_NAME_LENGTH),
    service: service.slice(0, MAX_NAME_LENGTH),
    endpoint: endpoint.slice(0, MAX_NAME_LENGTH),
  };
  return `${JSON.stringify(line)}\n`;
}
