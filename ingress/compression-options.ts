import { COMPRESSED_TYPES, type Compression, COMPRESSIONS } from "#src/filters/compression.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";

const LEVEL = { kind: "number", min: 1, max: 9, placeholder: "LEVEL" } as const;
const BYTES = { kind: "number", min: 0, max: 1_048_576, placeholder: "BYTES" } as const;
const TYPES = { kind: "list", placeholder: "TYPES" } as const;

/** The options about compressed answers. */
export const compressionOptions = {
  gzip: {
    kind: "boolean",
    default: false,
    help: "Compress answers of the usual types of text for clients that accept gzip. A page with a secret and a text of the request in it may give the secret away (BREACH)",
  },
  gzipLevel: { ...LEVEL, default: COMPRESSIONS.gzip.level, help: "How hard --gzip compresses, from 1 to 9" },
  gzipMinLength: {
    ...BYTES,
    default: COMPRESSIONS.gzip.minBytes,
    help: "--gzip leaves answers that are known to be shorter as they are",
  },
  gzipTypes: {
    ...TYPES,
    help: "Media types that --gzip compresses besides text/html, or * for all (default: the usual types of text)",
  },
  brotli: {
    kind: "boolean",
    default: false,
    help: "Compress answers as --gzip does, for clients that accept br: at most 64 answers at once, together with --zstd, and no further ones until then",
  },
  brotliLevel: { ...LEVEL, default: COMPRESSIONS.br.level, help: "How hard --brotli compresses, from 1 to 9" },
  brotliMinLength: {
    ...BYTES,
    default: COMPRESSIONS.br.minBytes,
    help: "--brotli leaves answers that are known to be shorter as they are",
  },
  brotliTypes: { ...TYPES, help: "Media types that --brotli compresses, as for --gzip-types" },
  zstd: {
    kind: "boolean",
    default: false,
    help: "Compress answers as --brotli does, for clients that accept zstd: it goes before br, and br before gzip, where a client prefers none",
  },
  zstdLevel: { ...LEVEL, default: COMPRESSIONS.zstd.level, help: "How hard --zstd compresses, from 1 to 9" },
  zstdMinLength: {
    ...BYTES,
    default: COMPRESSIONS.zstd.minBytes,
    help: "--zstd leaves answers that are known to be shorter as they are",
  },
  zstdTypes: { ...TYPES, help: "Media types that --zstd compresses, as for --gzip-types" },
} as const satisfies OptionSpecs;

/** What these options say, best first. */
export function readCompressions(options: OptionValues<typeof compressionOptions>): readonly Compression[] {
  const all = [
    [options.zstd, "zstd", options.zstdLevel, options.zstdMinLength, options.zstdTypes],
    [options.brotli, "br", options.brotliLevel, options.brotliMinLength, options.brotliTypes],
    [options.gzip, "gzip", options.gzipLevel, options.gzipMinLength, options.gzipTypes],
  ] as const;
  return all.flatMap(([isOn, coding, level, minBytes, types]) =>
    isOn ? [{ coding, level, minBytes, types: typesOf(types) }] : [],
  );
}

function typesOf(written: readonly string[]): ReadonlySet<string> {
  return new Set((written.length === 0 ? COMPRESSED_TYPES : written).map((type) => type.toLowerCase()));
}
