import type { AnswerHead } from "#ingress/engine/client-stream.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import { type ForwardedResponse, headRoom, writeForwardedResponse } from "./forwarded-response.ts";

/** How a client takes an answer. */
interface AnswerForm {
  readonly isHttp10: boolean;
  /** What the answer says about the connection. */
  readonly connection: ForwardedResponse["connection"];
}

/** Writes the head of an answer at the beginning of the scratch buffer, which may be another one then; returns its length. */
export function writeAnswerHead(
  context: Pick<EngineContext, "writer" | "date" | "scratch">,
  answer: AnswerHead,
  { isHttp10, connection }: AnswerForm,
): number {
  const { bytes, head, setCookie, added, edit } = answer;
  // RFC 9112 section 6.1: no Transfer-Encoding in 1xx and 204.
  const hasChunks = head.isChunked && !isHttp10 && head.status >= 200 && head.status !== 204;
  const isChunked = hasChunks || answer.isCompressed;
  const room = headRoom(head, added, edit);
  if (context.scratch.length < room) context.scratch = Buffer.allocUnsafeSlow(room);
  const { writer, scratch, date } = context;
  writer.begin(scratch);
  writeForwardedResponse(writer, { bytes, head, connection, setCookie, date, isChunked, added, edit });
  return writer.at;
}
