/** What needs no work: no escape, no `//`, no segment that begins with a dot, visible ASCII only. */
const NEEDS_WORK = /%|\/[/.]|[^\x21-\x7e]/;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * The path that rules are compared with (RFC 3986 section 6.2.2): unreserved characters decoded, other escapes in upper
 * case (`%2F` stays an escape), empty and dot segments resolved. Undefined for what is answered 400: a path that leaves
 * the root, a broken escape, `%00`. The text is a path without query whose bytes above 0x7f are Latin-1 characters.
 */
export function normalizePath(path: string): string | undefined {
  if (!path.startsWith("/")) return undefined;
  if (!NEEDS_WORK.test(path)) return path;
  const decoded = decodeUnreserved(path);
  return decoded === undefined ? undefined : resolveSegments(decoded);
}

/** The same for a rule's path, where characters above ASCII are text (`/café` meets `/caf%C3%A9`). */
export function normalizeRulePath(path: string): string | undefined {
  return normalizePath(visibleAscii(path));
}

/** A text as it may stand in a request line: all that is not visible ASCII becomes an escape of its UTF-8 bytes. */
export function visibleAscii(text: string): string {
  return text.toWellFormed().replaceAll(/[^\x21-\x7e]/gu, encodeURIComponent);
}

function decodeUnreserved(path: string): string | undefined {
  let bad = false;
  const decoded = path.replaceAll(/%([0-9A-Fa-f]{2})?|[^\x21-\x7e]/g, (match, hex: string | undefined) => {
    if (match === "%" || hex === "00") bad = true;
    if (hex === undefined) return `%${match.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED.test(character) ? character : match.toUpperCase();
  });
  return bad ? undefined : decoded;
}

/** RFC 3986 section 5.2.4, and empty segments merged as nginx does. */
function resolveSegments(path: string): string | undefined {
  const resolved: string[] = [];
  let endsInSlash = false;
  for (const segment of path.slice(1).split("/")) {
    endsInSlash = segment === "" || segment === "." || segment === "..";
    if (!endsInSlash) resolved.push(segment);
    else if (segment === ".." && resolved.pop() === undefined) return undefined;
  }
  return `/${resolved.join("/")}${endsInSlash && resolved.length > 0 ? "/" : ""}`;
}
