import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A client that takes nothing of an answer for longer is closed. */
const SILENCE_MS = 5_000;

/** An answer that is made while it is sent. */
export interface SlicedAnswer {
  readonly contentType: string;
  readonly slices: AsyncGenerator<string, void, undefined>;
}

/**
 * Sends an answer slice by slice, the next one when the client took those before; without a body to HEAD. Rejects where the first one
 * cannot be made: nothing is sent then. Where a later one cannot, or the client takes nothing, the connection is closed, so that no
 * client takes a part for the whole; then it rejects, too.
 */
export async function sendSlices(
  { method }: IncomingMessage,
  response: ServerResponse,
  { contentType, slices }: SlicedAnswer,
  silenceMs = SILENCE_MS,
): Promise<void> {
  const first = await slices.next();
  response.writeHead(200, { "content-type": contentType, "cache-control": "no-store" });
  if (method === "HEAD" || first.done === true) {
    await slices.return();
    response.end();
    return;
  }
  response.setTimeout(silenceMs, () => response.destroy());
  await pipeline(Readable.from(following(first.value, slices), { highWaterMark: 1 }), response);
}

async function* following(first: string, slices: SlicedAnswer["slices"]): AsyncGenerator<string> {
  yield first;
  yield* slices;
}
