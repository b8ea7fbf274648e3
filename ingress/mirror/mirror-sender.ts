import { connect, isIP, type LookupFunction } from "node:net";
import { connect as connectTls } from "node:tls";
import { expandUrl } from "#src/auth/expand-url.ts";
import type { MirrorPolicy } from "#src/filters/mirror-policy.ts";
import type { Mirror, MirrorCopy, MirroredRequest } from "#ingress/engine/mirror.ts";

/** Copies under way at once, and those of one host and port: with the bytes of a body 16 MiB at most. */
const MAX_COPIES = 256;
const MAX_OF_TARGET = 64;
const MAX_BODY_BYTES = 65_536;
const LEAST_BODY_BYTES = 1_024;
const NOTHING = Buffer.alloc(0);
/** For a whole copy: until its request is complete, and then until its answer is. */
const COPY_MS = 20_000;
/** Of an answer: more is not read. */
const MAX_ANSWER_BYTES = 1_048_576;

/** What became of copies. */
export const MIRROR_OUTCOMES = ["sent", "left-out", "failed"] as const;

export type MirrorOutcome = (typeof MIRROR_OUTCOMES)[number];

export interface MirrorSenderOptions {
  readonly lookup: LookupFunction;
  readonly isReachable: (address: string) => boolean;
  /** Milliseconds for a copy; 20 s by default. */
  readonly copyMs?: number;
}

/** Sends copies of requests, each on a connection of its own, and reads answers only to their end. */
export class MirrorSender implements Mirror {
  readonly #options: MirrorSenderOptions;
  /** Under way, by target. */
  readonly #open = new Map<string, number>();
  #openCount = 0;
  /** By outcome, since the start. */
  readonly counts: Record<MirrorOutcome, number> = { sent: 0, "left-out": 0, failed: 0 };

  constructor(options: MirrorSenderOptions) {
    this.#options = options;
  }

  begin(policy: MirrorPolicy, mirrored: MirroredRequest): MirrorCopy | undefined {
    const { host, port } = policy.target;
    const place = `${host}:${port}`;
    const count = this.#open.get(place) ?? 0;
    if (count >= MAX_OF_TARGET || this.#openCount >= MAX_COPIES) {
      this.counts["left-out"] += 1;
      return undefined;
    }
    this.#open.set(place, count + 1);
    this.#openCount += 1;
    return new Copy(policy, mirrored, this.#options, (outcome) => {
      this.counts[outcome] += 1;
      this.#openCount -= 1;
      const left = (this.#open.get(place) ?? 1) - 1;
      if (left === 0) this.#open.delete(place);
      else this.#open.set(place, left);
    });
  }
}

class Copy implements MirrorCopy {
  readonly #policy: MirrorPolicy;
  readonly #options: MirrorSenderOptions;
  readonly #head: string;
  readonly #hasBody: boolean;
  readonly #onEnd: (outcome: MirrorOutcome) => void;
  readonly #timer: NodeJS.Timeout;
  /** One buffer that grows: a body may come in pieces of one byte. */
  #body = NOTHING;
  #bodyBytes = 0;
  #answerBytes = 0;
  #isSent = false;
  #isOver = false;
  #close: () => void = () => undefined;

  constructor(
    policy: MirrorPolicy,
    mirrored: MirroredRequest,
    options: MirrorSenderOptions,
    onEnd: (outcome: MirrorOutcome) => void,
  ) {
    this.#policy = policy;
    this.#options = options;
    this.#hasBody = policy.sendsBody && mirrored.framing !== undefined;
    this.#head = printHead(policy, mirrored);
    this.#onEnd = onEnd;
    this.#timer = setTimeout(() => this.#finish(this.#outcome), options.copyMs ?? COPY_MS);
    this.#timer.unref();
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isOver || !this.#hasBody || end === start) return;
    const length = this.#bodyBytes + end - start;
    if (length > MAX_BODY_BYTES) {
      this.#finish("left-out");
      return;
    }
    if (length > this.#body.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(MAX_BODY_BYTES, Math.max(LEAST_BODY_BYTES, 2 * length)));
      this.#body.copy(larger, 0, 0, this.#bodyBytes);
      this.#body = larger;
    }
    this.#body.set(bytes.subarray(start, end), this.#bodyBytes);
    this.#bodyBytes = length;
  }

  drop(): void {
    this.#finish("left-out");
  }

  end(): void {
    if (this.#isOver) return;
    this.#isSent = true;
    const { scheme, host, port } = this.#policy.target;
    const { lookup, isReachable } = this.#options;
    // An address is never looked up.
    if (isIP(host) !== 0 && !isReachable(host)) {
      this.#finish("failed");
      return;
    }
    const to = { host, port, lookup };
    const socket =
      scheme === "http" ? connect(to) : connectTls({ ...to, ...(isIP(host) === 0 && { servername: host }) });
    this.#close = () => socket.destroy();
    socket.on("data", (data: Buffer) => {
      this.#answerBytes += data.length;
      if (this.#answerBytes > MAX_ANSWER_BYTES) this.#finish("sent");
    });
    socket.on("error", () => this.#finish(this.#outcome));
    socket.on("close", () => this.#finish(this.#outcome));
    socket.write(Buffer.concat([Buffer.from(this.#head, "latin1"), this.#body.subarray(0, this.#bodyBytes)]));
    this.#body = NOTHING;
  }

  /** A copy whose answer has begun was sent; one whose request was not complete in time was left out. */
  get #outcome(): MirrorOutcome {
    if (!this.#isSent) return "left-out";
    return this.#answerBytes > 0 ? "sent" : "failed";
  }

  #finish(outcome: MirrorOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#body = NOTHING;
    clearTimeout(this.#timer);
    this.#close();
    this.#onEnd(outcome);
  }
}

/** The head of a copy: the fields of the client, and ours about who it is. */
function printHead({ target, host, sendsBody }: MirrorPolicy, { request, framing }: MirroredRequest): string {
  const path = expandUrl(target.target, request).replace(/^\/{2,}/, "/");
  const lines = [
    `${request.method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...request.fields.map(([name, value]) => `${name}: ${value}`),
    `X-Forwarded-For: ${request.remoteAddress}`,
    `X-Real-IP: ${request.remoteAddress}`,
    `X-Forwarded-Host: ${request.hostField}`,
    `X-Forwarded-Proto: ${request.isSecure ? "https" : "http"}`,
    // A copy that comes to Hawser again must not be copied for ever.
    `X-Hawser-Hops: ${request.hops + 1}`,
    ...(sendsBody && framing !== undefined ? [framing] : []),
    "Connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
