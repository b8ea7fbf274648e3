import type { ContentCoding } from "#src/filters/accepted-codings.ts";
import { COMPRESSED_TYPES, type Compression, COMPRESSIONS } from "#src/filters/compression.ts";

/** Compression by these codings, as the program has it by default. */
export function compressionsBy(...codings: readonly ContentCoding[]): readonly Compression[] {
  const types = new Set<string>(COMPRESSED_TYPES);
  return codings.map((coding) => ({ ...COMPRESSIONS[coding], types }));
}
