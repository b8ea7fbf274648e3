import { USUAL_TABLE_BYTES } from "#src/http2/settings.ts";
import type { HeaderBounds } from "#src/http2/header-lines.ts";
import { MAX_FIELDS } from "#ingress/engine/limits.ts";

/** Requests on one connection at once, where the endpoint takes more: beyond, another connection is opened. */
export const MAX_STREAMS = 100;
/** What a rule may let the head of an answer have is less (48 KiB). */
const MAX_HEAD_BYTES = 65_536;
/** Of the header blocks of answers and trailers. */
export const HEADER_BOUNDS: HeaderBounds = {
  listBytes: MAX_HEAD_BYTES,
  fields: MAX_FIELDS,
  blockBytes: MAX_HEAD_BYTES,
  tableBytes: USUAL_TABLE_BYTES,
};
/** CONTINUATION frames of one header block: three beside its first frame hold the largest block. */
export const MAX_CONTINUATIONS = 15;
/** What an endpoint may send of all answers before we say that it has come: as much as a link of 1 Gbit/s holds in 8 ms. */
export const SESSION_WINDOW_BYTES = 1_048_576;
/** What is written while an endpoint reads nothing: beyond, it is given up. */
export const MAX_WAITING_BYTES = 1_048_576;
/** Frames one after the other that bring nothing of an answer (PING, SETTINGS, empty DATA and others): beyond, the endpoint is given up. */
export const MAX_NEEDLESS_FRAMES = 10_000;
/** An endpoint that owes an answer and has sent nothing for so long is asked by a PING. */
export const PING_AFTER_MS = 10_000;
/** From which nothing comes for so long after a PING is gone; the usual time of gRPC (keepalive timeout). */
export const PING_WAIT_MS = 20_000;
