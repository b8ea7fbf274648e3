import { FRAME_HEAD_BYTES, writeFrameHead } from "#src/http2/frame-head.ts";
import { ENCODED_FIELD_BYTES, HeaderEncoder } from "#src/http2/header-encoder.ts";

/** What a client begins with. */
export const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Fields of a header block. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** A frame of any content. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array | string = ""): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload, "latin1") : payload;
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  writeFrameHead(head, 0, { length: bytes.length, type, flags, stream });
  return Buffer.concat([head, bytes]);
}

/** A header block of these fields, in this order and just as they are written. */
export function block(fields: Fields): Buffer {
  const bytes = fields.reduce((sum, [name, value]) => sum + name.length + value.length + ENCODED_FIELD_BYTES, 0);
  const to = Buffer.alloc(bytes);
  const encoder = new HeaderEncoder();
  encoder.begin(to, 0, to);
  for (const [name, value] of fields) encoder.texts(name, value);
  return to.subarray(0, encoder.at);
}

/** A frame whose payload is numbers of four bytes. */
export function numbers(type: number, stream: number, ...values: readonly number[]): Buffer {
  const payload = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) payload.writeUInt32BE(value, 4 * index);
  return frame(type, 0, stream, payload);
}
