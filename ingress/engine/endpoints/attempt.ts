import { printEndpoint } from "#src/routing/print-endpoint.ts";
import type { BackendEndpoint } from "#src/routing/route-table.ts";
import type { EngineContext } from "#ingress/engine/context.ts";

/** One endpoint that was asked for a request, for the access log. */
export interface Attempt {
  /** `address:port`. */
  readonly endpoint: string;
  /** Monotonic milliseconds. */
  readonly beganMs: number;
  /** Of its answer; of a failure the status that stands for it; 0: none came. */
  status: number;
  /** When its answer was whole, or it failed; 0: neither. */
  endedMs: number;
  /** Bytes of its answer's body, as they came. */
  bodyBytes: number;
}

/** The endpoints that were asked for one request, in order. */
export class Attempts {
  readonly all: Attempt[] = [];

  begin(endpoint: BackendEndpoint, nowMs: number): void {
    this.all.push({ endpoint: printEndpoint(endpoint), beganMs: nowMs, status: 0, endedMs: 0, bodyBytes: 0 });
  }

  /** The endpoint that has the request has answered with this status, or failed so. */
  answer(status: number): void {
    const last = this.all.at(-1);
    if (last !== undefined && last.status === 0) last.status = status;
  }

  addBody(bytes: number): void {
    const last = this.all.at(-1);
    if (last !== undefined) last.bodyBytes += bytes;
  }

  end(nowMs: number): void {
    const last = this.all.at(-1);
    if (last !== undefined) last.endedMs = nowMs;
  }

  /** The endpoint that is asked now begins its answer; so many bytes of the body came with the head. */
  begins(status: number, bodyBytes: number): void {
    this.answer(status);
    this.addBody(bodyBytes);
  }

  /** The endpoint that is asked now has failed, or another one is asked for its answer. */
  fails(status: number, nowMs: number): void {
    this.answer(status);
    this.end(nowMs);
  }
}

/** Where the endpoints of a request are noted; undefined where nothing asks for them. */
export function attemptsFor({ accessLog, series }: Pick<EngineContext, "accessLog" | "series">): Attempts | undefined {
  const isAsked = series !== undefined || accessLog?.format.needsAttempts === true;
  return isAsked ? new Attempts() : undefined;
}
