import type { ContentCoding } from "./accepted-codings.ts";

/** How answers are compressed by one coding, and which ones. */
export interface Compression {
  readonly coding: ContentCoding;
  readonly level: number;
  /** Shorter bodies are sent as they are, where their length is known. */
  readonly minBytes: number;
  /** Media types in lower case, besides text/html; with `*` all. */
  readonly types: ReadonlySet<string>;
}

/** The codings in the order in which they go first where a client prefers none, with what ingress-nginx has by default for gzip and br. */
export const COMPRESSIONS: Readonly<Record<ContentCoding, Omit<Compression, "types">>> = {
  // Compresses about as well as br at its level 4, in half of the time.
  zstd: { coding: "zstd", level: 3, minBytes: 256 },
  br: { coding: "br", level: 4, minBytes: 20 },
  gzip: { coding: "gzip", level: 1, minBytes: 256 },
};

/** The types that ingress-nginx compresses by default. Streams of events are not among them. */
export const COMPRESSED_TYPES = [
  "application/atom+xml",
  "application/javascript",
  "application/json",
  "application/rss+xml",
  "application/vnd.ms-fontobject",
  "application/x-font-ttf",
  "application/x-javascript",
  "application/x-web-app-manifest+json",
  "application/xhtml+xml",
  "application/xml",
  "font/opentype",
  "image/svg+xml",
  "image/x-icon",
  "text/css",
  "text/javascript",
  "text/plain",
  "text/x-component",
] as const;
