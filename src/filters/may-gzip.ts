/** What of an answer decides whether it is compressed. Texts as the endpoint wrote them; undefined: it has no such field. */
export interface GzippedAnswer {
  readonly status: number;
  /** Undefined: not known before its end. */
  readonly contentLength: number | undefined;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly cacheControl: string | undefined;
}

/** Shorter bodies would hardly become smaller. */
const LEAST_BYTES = 256;
const STATUSES = new Set([200, 403, 404]);

/** The types that ingress-nginx compresses where it compresses. Streams of events are not among them. */
const TYPES = new Set([
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
  "text/html",
  "text/javascript",
  "text/plain",
  "text/x-component",
]);

/** Whether an answer is one of those that are compressed for clients that take gzip; as in nginx. */
export function mayGzip(answer: GzippedAnswer): boolean {
  const { status, contentLength, contentType = "", contentEncoding, cacheControl = "" } = answer;
  if (!STATUSES.has(status) || contentEncoding !== undefined) return false;
  if (contentLength !== undefined && contentLength < LEAST_BYTES) return false;
  const [type = ""] = contentType.split(";");
  // RFC 9110 section 7.7: what says no-transform is passed on as it is.
  return TYPES.has(type.trim().toLowerCase()) && !/(?:^|[,\s])no-transform(?:$|[,\s])/i.test(cacheControl);
}
