import type { EngineContext } from "#ingress/engine/context.ts";
import { headReason, readRequestHead } from "#ingress/engine/h1/read-request-head.ts";
import type { RequestStream } from "./request-stream.ts";
import { writeRequestText } from "./request-text.ts";

/** Of Sec-WebSocket-Key (RFC 6455 section 4.1). */
const KEY_BYTES = 16;

/**
 * Has the request answered whose fields were decoded last: it is read as the strict reader of HTTP/1.1 reads any other. False: it is malformed, and
 * is counted as such. `isWhole`: nothing comes after the head.
 */
export function beginRequest(context: EngineContext, stream: RequestStream, isWhole: boolean): boolean {
  const { http2, requestHead: head } = context;
  if (http2.lines.isTooLarge) {
    stream.refuseUnread("request-head-too-large");
    return true;
  }
  const request = writeRequestText(http2.lines, http2.text, { isWhole, webSocketKey: () => webSocketKey(context) });
  const end = request === undefined ? 0 : readRequestHead(http2.text, 0, request.length, head);
  // Its end is where it was written, or it would be another request there than here.
  if (request === undefined || end === 0 || (end > 0 && end !== request.length)) {
    stream.countUnread("request-malformed");
    return false;
  }
  head.isHttp2 = true;
  if (end > 0) stream.begin(http2.text, head, request);
  else stream.refuseUnread(headReason(end));
  return true;
}

function webSocketKey({ chance }: Pick<EngineContext, "chance">): string {
  return Buffer.from(Array.from({ length: KEY_BYTES }, () => chance() * 256)).toString("base64");
}
