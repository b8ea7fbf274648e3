import { Writable } from "node:stream";

/** A stream that keeps what is written to it; `text()` is all of that. */
export function collectingStream(): Writable & { text(): string } {
  const parts: Buffer[] = [];
  const stream = new Writable({
    write(part: Buffer, _encoding, done) {
      parts.push(part);
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(parts).toString() });
}
