import type { AnswerStatus } from "#ingress/engine/h1/answer.ts";
import type { ResponseReason } from "#ingress/engine/response-reason.ts";

/** What one of our own answers says to a client of gRPC. */
export interface GrpcAnswer {
  /** `grpc-status`. */
  readonly code: number;
}

const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;

/** As clients of gRPC read the status of an answer that is not theirs (doc/http-grpc-status-mapping.md of gRPC). */
const CODES: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: UNAVAILABLE,
  502: UNAVAILABLE,
  503: UNAVAILABLE,
  504: UNAVAILABLE,
};

/** Time that was over, by reasons whose status says something else. */
const LATE: ReadonlySet<ResponseReason> = new Set(["deadline-exceeded", "answer-timeout", "request-body-timeout"]);

/** How a status of HTTP is said to a client of gRPC. */
export function grpcAnswer(status: AnswerStatus, reason: ResponseReason | undefined): GrpcAnswer {
  if (reason !== undefined && LATE.has(reason)) return { code: DEADLINE_EXCEEDED };
  return { code: CODES[status] ?? UNKNOWN };
}
