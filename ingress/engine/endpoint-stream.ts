import type { Acknowledgement } from "#src/linux/acknowledgement.ts";
import type { BackendEndpoint } from "#src/routing/route-table.ts";
import type { AnswerBody } from "./client-stream.ts";
import type { EndpointFailure } from "./counters.ts";
import type { ForwardedRequest } from "./h1/forwarded-request.ts";
import type { Replay } from "./replay.ts";
import type { ResponseHead } from "./response-head.ts";

/** Who gets the response. Where a method returns a boolean it says whether the buffer is kept, as `onData` does. */
export interface ResponseReceiver {
  /** All of the request is sent: without that the connection cannot serve another one. */
  readonly isRequestComplete: boolean;
  /** Chunked bodies come to `onResponseBody` without their framing. It is asked after `onFinalHead`. */
  readonly wantsPlainBody: boolean;
  onEndpointConnect(): void;
  /** A final head has come; `onResponseHead` follows, unless another head has to be waited for. */
  onFinalHead(head: ResponseHead, bytes: Buffer): void;
  /** An interim or final head with what came of the body in the same bytes. Status 101 begins a tunnel. */
  onResponseHead(head: ResponseHead, bytes: Buffer, bodyStart: number, bodyEnd: number): boolean;
  onResponseBody(bytes: Buffer, start: number, end: number): boolean;
  /** The response is complete, or the other side of a tunnel has ended. */
  onResponseEnd(): void;
  onEndpointDrain(): void;
  /** The endpoint has not acknowledged what was sent, though the kernel sent it again so many times. */
  onUnacknowledged(timesSentAgain: number): void;
  /** The response will not become complete. The stream is closed already. */
  onEndpointFailure(failure: EndpointFailure, stream: EndpointStream): void;
}

/** One try of a request at an endpoint: a connection of HTTP/1.1, for as long as the request is under way. */
export interface EndpointStream {
  readonly endpoint: BackendEndpoint;
  readonly isConnected: boolean;
  /** It served requests before this one: a failure may be that of an old connection, and not the endpoint's. */
  readonly isReused: boolean;
  /** It may say of a request that it has not looked at it, so that any may be sent again elsewhere. */
  readonly mayRefuse: boolean;
  /** Bytes of the response have come. */
  readonly hasReceived: boolean;
  /** Of the response, once its head has come. */
  readonly body: AnswerBody;
  /** An answer is awaited on it, or it is a tunnel. */
  readonly isWaiting: boolean;
  /** All that was sent has left: no buffer is in use. */
  readonly isFlushed: boolean;
  /** Names its connection in the kernel's table. */
  readonly unacknowledgedKey: string;
  /** What the endpoint's kernel has said of what was sent; undefined where that cannot be known. */
  acknowledgement(): Acknowledgement | undefined;
  /** Writes a request's head and a part of its body into the replay as this endpoint takes them; they are sent with `begin`. */
  write(replay: Replay, request: ForwardedRequest, bodyStart: number, bodyEnd: number): void;
  /** Sends what is in the replay; the response goes to the receiver. */
  begin(receiver: ResponseReceiver, replay: Replay, expected: ExpectedResponse): void;
  /** Sends more of the request; false: the buffer is in use until `onEndpointDrain`. */
  send(bytes: Buffer, start: number, end: number): boolean;
  /** Ends our side of a tunnel. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Closes without telling the receiver. */
  close(): void;
  /** Closes, and tells the receiver why. */
  fail(failure: EndpointFailure): void;
  onUnacknowledged(timesSentAgain: number): void;
}

/** What is known of a response before it comes. */
export interface ExpectedResponse {
  /** It has no body, whatever it says. */
  readonly isToHead: boolean;
  /** Of its head, where the rule lets it be larger than usual; 0: as usual. */
  readonly headBytes: number;
}
