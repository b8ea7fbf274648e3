import { timingSafeEqual } from "node:crypto";

/** What of a request decides whether it is answered. */
export interface AskedPage {
  readonly method: string | undefined;
  /** Path and query. */
  readonly url: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** What a browser says of where the request comes from (Fetch Metadata). */
  readonly fetchSite: string | undefined;
}

/** What the server knows of itself. */
export interface PageAddress {
  /** The secret part of the address: its first path segment. Left out: the address has none. */
  readonly token?: string;
  /** Whether a value of Host, in small letters, means this server: `127.0.0.1:8080`. */
  isOwnHost(host: string): boolean;
}

/** A request for a path (below the token, where there is one), with its query; or why it is not answered. */
export type ReadPageRequest =
  | { readonly ok: true; readonly path: string; readonly query: URLSearchParams }
  | { readonly ok: false; readonly status: number; readonly why: string };

/**
 * Reads a request as a server on this machine has to: it is only looked at if its Host is the server's own, so that another
 * name that a foreign page has pointed here (DNS rebinding) gets nothing; if no other site sent it; and if its path begins
 * with the token, if there is one, which other programs and users of this machine do not know.
 */
export function readPageRequest(request: AskedPage, { token, isOwnHost }: PageAddress): ReadPageRequest {
  const { method, url = "", host = "", origin, fetchSite } = request;
  if (!isOwnHost(host.toLowerCase())) return no(421, "This server does not answer for that host.");
  if (method !== "GET" && method !== "HEAD") return no(405, "Only GET and HEAD.");
  const isOwn = origin === undefined || origin.toLowerCase().replace(/^https?:\/\//, "") === host.toLowerCase();
  if (!isOwn) return no(403, "Another site may not ask.");
  const [path = "", query = ""] = split(url, "?");
  const below = token === undefined ? path.slice(1) : pathBelow(path, token);
  if (below === undefined) return no(404, "Not found. Use the whole address that hawser ui printed.");
  // The address itself may be followed from anywhere, as from a chat; what is below it only the page asks for.
  const isSameSite = fetchSite === undefined || fetchSite === "same-origin" || fetchSite === "none";
  if (!isSameSite && below !== "") return no(403, "Another site may not ask.");
  return { ok: true, path: `/${below}`, query: new URLSearchParams(query) };
}

function no(status: number, why: string): ReadPageRequest {
  return { ok: false, status, why };
}

/** What of a path is below the token; undefined where it is another's. */
function pathBelow(path: string, token: string): string | undefined {
  const [, first = "", ...rest] = path.split("/");
  return isSame(first, token) ? rest.join("/") : undefined;
}

function split(text: string, at: string): readonly string[] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function isSame(given: string, token: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(token)];
  return left.length === right.length && timingSafeEqual(left, right);
}
