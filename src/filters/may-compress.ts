import type { Compression } from "./compression.ts";

/** What of an answer decides whether it is compressed. Texts as the endpoint wrote them; undefined: it has no such field. */
export interface CompressedAnswer {
  readonly status: number;
  /** Undefined: not known before its end. */
  readonly contentLength: number | undefined;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly cacheControl: string | undefined;
}

const STATUSES = new Set([200, 403, 404]);

/** Whether an answer is one of those that are compressed for clients that take this coding; as in nginx. */
export function mayCompress(answer: CompressedAnswer, { minBytes, types }: Omit<Compression, "coding">): boolean {
  const { status, contentLength, contentType = "", contentEncoding, cacheControl = "" } = answer;
  if (!STATUSES.has(status) || contentEncoding !== undefined) return false;
  if (contentLength !== undefined && contentLength < minBytes) return false;
  const [written = ""] = contentType.split(";");
  const type = written.trim().toLowerCase();
  const isOfType = type === "text/html" || (type !== "" && types.has("*")) || types.has(type);
  // RFC 9110 section 7.7: what says no-transform is passed on as it is.
  return isOfType && !/(?:^|[,\s])no-transform(?:$|[,\s])/i.test(cacheControl);
}
