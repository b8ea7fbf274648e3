import { acceptedCodings, type ContentCoding } from "#src/filters/accepted-codings.ts";
import type { Compression } from "#src/filters/compression.ts";
import { type CompressedAnswer, mayCompress } from "#src/filters/may-compress.ts";
import type { CompressedBody, CompressedBodySink } from "./compressed-body.ts";
import { GzipBody } from "./gzip-body.ts";
import { StreamBody } from "./stream-body.ts";

/** Answers at once whose compressors are kept: 45 to 115 MB, by their coding and level. gzip keeps none. */
const MAX_STREAMS = 64;

/** How answers are compressed, and those that are at present. */
export class Compressors {
  readonly #offered: readonly Compression[];
  readonly #codings: readonly ContentCoding[];
  #streams = 0;

  /** `offered`: what is best first, each coding once; empty: no answer is compressed. */
  constructor(offered: readonly Compression[]) {
    this.#offered = offered;
    this.#codings = offered.map(({ coding }) => coding);
  }

  /** No answer is compressed. */
  get isOff(): boolean {
    return this.#offered.length === 0;
  }

  /** Answers under way whose compressors are kept. */
  get streams(): number {
    return this.#streams;
  }

  /** Which codings a client takes, best first, by its fields Accept-Encoding. */
  accepted(values: readonly string[]): readonly ContentCoding[] {
    return acceptedCodings(values, this.#codings);
  }

  /** How this answer may be compressed. */
  for(answer: CompressedAnswer): readonly Compression[] {
    return this.#offered.filter((one) => mayCompress(answer, one));
  }

  /** A body by the first of these codings that there is a place for; undefined: none has one. */
  bodyBy(
    codings: readonly Pick<Compression, "coding" | "level">[],
    sink: CompressedBodySink,
  ): CompressedBody | undefined {
    const found = codings.find(({ coding }) => coding === "gzip" || this.#streams < MAX_STREAMS);
    if (found === undefined) return undefined;
    const { coding, level } = found;
    if (coding === "gzip") return new GzipBody(level, sink);
    this.#streams += 1;
    return new StreamBody(coding, level, { sink, onClose: () => (this.#streams -= 1) });
  }
}
