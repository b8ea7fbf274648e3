import type { ResponseEdit } from "#src/filters/response-edit.ts";
import type { AnswerCause } from "./decide-request.ts";
import type { RequestClient } from "./filtered-request.ts";
import type { AnswerStatus } from "./h1/answer.ts";
import type { RequestBody } from "./request-body.ts";
import type { ResponseHead } from "./response-head.ts";
import type { ResponseReason } from "./response-reason.ts";

/** How an endpoint says where the body of its answer ends. */
export interface AnswerBody {
  /** With its connection: without that, a client cannot see that it is whole. */
  readonly isUntilClose: boolean;
  /** In chunks, because its length is not known before. */
  readonly isChunked: boolean;
}

/** The head of an endpoint's answer with what its client gets besides, and a part of the body that may go with it. */
export interface AnswerHead {
  readonly bytes: Buffer;
  readonly head: ResponseHead;
  /** `tunnel`: from now on bytes go both ways. */
  readonly kind: "interim" | "final" | "tunnel";
  readonly body: AnswerBody;
  /** The body's length is another one than the endpoint says, and not known yet. */
  readonly isCompressed: boolean;
  /** Nothing is left of the request: another one may follow the answer. */
  readonly isRequestComplete: boolean;
  /** The value of a Set-Cookie field of our own. */
  readonly setCookie: string | undefined;
  /** Lines besides those of the endpoint. */
  readonly added: Buffer | undefined;
  /** What the rule does to the head. */
  readonly edit: ResponseEdit | undefined;
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

/** Where one request comes from and its answer goes to; what is done with it knows nothing of how either is framed. */
export interface ClientStream {
  readonly client: RequestClient;
  /** Of the present request; advanced on this side. */
  readonly body: RequestBody;
  /** Bodies that come in chunks are wanted without them. */
  readonly wantsPlainBody: boolean;
  /** Interim answers may be sent. */
  readonly takesInterim: boolean;
  /** Nothing is read of the request. */
  readonly isHeld: boolean;
  /** The client does not keep up: buffers are in use until `onClientDrain` says that all has left. */
  readonly isStalled: boolean;
  /** Sends a head and, where it fits, the part of the body that came with it; returns how far the body went with it. */
  respond(answer: AnswerHead): number;
  /** Sends one of our own answers, whole. The next request may follow it, if `end` says so. */
  answer(status: AnswerStatus, cause: AnswerCause, edit: ResponseEdit | undefined): void;
  /** Tells a client that waits with its body to send it. */
  sendContinue(): void;
  /** Sends a part of the body; true: the buffer is kept, stop until all has left. */
  sendBody(bytes: Buffer, start: number, end: number): boolean;
  /** The answer is whole; `answer` and `respond` have said what comes after it. */
  end(): void;
  /** What follows on the connection cannot be understood or trusted: no further request is read. */
  distrust(): void;
  /** Stops reading the request. */
  pause(): void;
  resume(): void;
  /** Forgets a `pause`, without reading on. */
  forgetPause(): void;
  /** Closes, whatever is under way. */
  close(): void;
  /** Ends so that the client cannot take what it has for the whole answer. */
  abort(reason: ResponseReason): void;
  /** Bytes go both ways from now on. */
  openTunnel(): void;
  /** The endpoint has ended its side of the tunnel. */
  endTunnel(): void;
  /** Both sides of the tunnel had ended, and the endpoint has taken all. */
  onTunnelGone(): void;
}
