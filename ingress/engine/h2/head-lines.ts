import { HeaderLines } from "#src/http2/header-lines.ts";

/** The fields of a head, with the memory they lie in as a Buffer. */
export class HeadLines extends HeaderLines {
  readonly buffer = Buffer.from(this.bytes.buffer);
}
