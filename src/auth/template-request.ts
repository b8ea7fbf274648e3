/** What the variables of a template are taken from. Texts have one character for each byte. */
export interface TemplateRequest {
  /** Lower case, without port. */
  readonly host: string;
  /** As the client wrote it. */
  readonly hostField: string;
  /** Host and port of URLs that lead the client here again: as a trusted proxy in front says, else `hostField`. */
  readonly authority: string;
  readonly isSecure: boolean;
  readonly method: string;
  /** What endpoints are asked for, before any rewrite: path and query. */
  readonly target: string;
  /** The normalised path. */
  readonly path: string;
  readonly remoteAddress: string;
  /** The values of a header field (its name in lower case, with hyphens), several joined by commas; empty where there is none. */
  field(name: string): string;
}
