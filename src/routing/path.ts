/** What needs no work: no escape, no `//`, no segment that begins with a dot, no backslash, visible ASCII only. */
const NEEDS_WORK = /%|\/[/.]|\\|[^\x21-\x7e]/;

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const SEMICOLON = 0x3b;
const PERCENT = 0x25;

/** The value of a hexadecimal digit by character code, or 255. */
const HEX = byCode((character) => (/[0-9A-Fa-f]/.test(character) ? Number.parseInt(character, 16) : 255));
/** 1 for unreserved characters (RFC 3986 section 2.3). */
const UNRESERVED = byCode((character) => Number(/[A-Za-z0-9\-._~]/.test(character)));
const DIGITS = "0123456789ABCDEF";

function byCode(valueOf: (character: string) => number): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => valueOf(String.fromCharCode(code)));
}

/**
 * The path that rules are compared with (RFC 3986 section 6.2.2): unreserved characters decoded, other escapes in upper
 * case (`%2F` stays an escape), empty and dot segments resolved. Undefined for what is answered 400: a path that leaves
 * the root, a broken escape, `%00`, and a dot segment that only some programs see: one with an encoded dot, or one that
 * an encoded slash, a backslash (encoded or not) or a semicolon sets apart (`..%2F`, `..;x`). The text is a path without
 * query whose bytes above 0x7f are Latin-1 characters. The work grows with the length of the path and nothing else.
 */
export function normalizePath(path: string): string | undefined {
  if (path.charCodeAt(0) !== SLASH) return undefined;
  return NEEDS_WORK.test(path) ? new Normalizer(path).run() : path;
}

/**
 * Whether the endpoint gets the normalised path and not the bytes that came: where a segment begins with a dot. What the
 * rules allowed is then what the endpoint sees, however it resolves dot segments. Other differences (escapes, empty
 * segments) pass as they came, because programs rely on them.
 */
export function isForwardedNormalized(path: string): boolean {
  return path.includes("/.");
}

/** Characters that some programs read as a slash, and the parameters of a segment, which some leave out. */
const SLASH_LIKE = /%2F|%5C|\\/g;
const PARAMETERS = /(?:;|%3B)[^/]*/g;
/** Escapes of other visible characters, which rules have as they are. `%` stays an escape. */
const VISIBLE = /%(?:2[1-46-9A-E]|3[A-F]|40|5[BDE]|60|7[B-D])/g;

/**
 * The other paths that programs see in a normalised path: those which decode escapes (`/%40admin`), and of them those
 * which decode slashes and leave out parameters (`/admin%2Fx`, `/admin;v=1`), in one order or the other; none where that
 * is the same. A path that is closed must stay closed for these too.
 */
export function decodedPaths(path: string): readonly string[] {
  if (!path.includes("%") && !path.includes(";") && !path.includes("\\")) return [];
  const visible = path.replaceAll(VISIBLE, (escape) => String.fromCharCode(escapeAt(escape, 0)));
  const decoded = [path, visible].flatMap((one) => [
    one,
    one.replaceAll(SLASH_LIKE, "/").replaceAll(PARAMETERS, ""),
    one.replaceAll(PARAMETERS, "").replaceAll(SLASH_LIKE, "/"),
  ]);
  return [...new Set(decoded)].filter((one) => one !== path).flatMap((one) => normalizePath(one) ?? []);
}

/** What does not begin an escape. */
const BARE_PERCENT = /%(?![0-9A-Fa-f]{2})/g;

/**
 * Normalises a rule's path, where characters above ASCII are text (`/café` matches `/caf%C3%A9`), as is a `%` that begins
 * no escape (`/100%` matches `/100%25`).
 */
export function normalizeRulePath(path: string): string | undefined {
  return normalizePath(visibleAscii(path).replaceAll(BARE_PERCENT, "%25"));
}

/** A text as a request line may hold it: all that is not visible ASCII becomes an escape of its UTF-8 bytes. */
export function visibleAscii(text: string): string {
  return text.toWellFormed().replaceAll(/[^\x21-\x7e]/gu, encodeURIComponent);
}

/** Reads a path once from left to right and writes its normalised form. */
class Normalizer {
  readonly #path: string;
  /** Character codes of the result; a character becomes at most one escape. */
  readonly #out: Buffer;
  #length = 1;
  /** Where the present segment begins in the result. */
  #segmentStart = 1;
  /**
   * Of the present piece of a segment, which ends where some program might end a segment: how many dots it has, or -1
   * once it has any other character.
   */
  #dots = 0;
  /** The present segment has an encoded dot, or a character that sets pieces apart. */
  #isDoubtful = false;
  /** A piece of the present segment is `.` or `..`. */
  #hasDotPiece = false;

  constructor(path: string) {
    this.#path = path;
    this.#out = Buffer.allocUnsafe(3 * path.length);
    this.#out[0] = SLASH;
  }

  run(): string | undefined {
    const path = this.#path;
    for (let at = 1; at < path.length; at++) {
      const code = path.charCodeAt(at);
      if (code === SLASH) {
        if (!this.#endSegment(true)) return undefined;
      } else if (code !== PERCENT) {
        this.#add(code);
      } else {
        const value = escapeAt(path, at);
        if (value <= 0) return undefined;
        this.#addEscaped(value);
        at += 2;
      }
    }
    return this.#endSegment(false) ? this.#out.toString("latin1", 0, this.#length) : undefined;
  }

  #add(code: number): void {
    if (code > 0x20 && code < 0x7f) this.#out[this.#length++] = code;
    else this.#addEscape(code);
    this.#judge(code);
  }

  #addEscaped(value: number): void {
    if (value < 0x80 && UNRESERVED[value] === 1) this.#out[this.#length++] = value;
    else this.#addEscape(value);
    if (value === DOT) this.#isDoubtful = true;
    this.#judge(value === SLASH ? BACKSLASH : value);
  }

  #addEscape(value: number): void {
    const out = this.#out;
    out[this.#length++] = PERCENT;
    out[this.#length++] = DIGITS.charCodeAt(value >> 4);
    out[this.#length++] = DIGITS.charCodeAt(value & 15);
  }

  #judge(code: number): void {
    if (code === DOT) {
      if (this.#dots !== -1) this.#dots += 1;
    } else if (code === BACKSLASH || code === SEMICOLON) {
      this.#endPiece();
      // What follows a semicolon is a parameter.
      if (code === SEMICOLON) this.#dots = -1;
      this.#isDoubtful = true;
    } else {
      this.#dots = -1;
    }
  }

  #endPiece(): void {
    if (this.#dots === 1 || this.#dots === 2) this.#hasDotPiece = true;
    this.#dots = 0;
  }

  /** RFC 3986 section 5.2.4, and empty segments merged as nginx does. False: the path is refused. */
  #endSegment(hasSlash: boolean): boolean {
    const out = this.#out;
    const dots = this.#dots;
    this.#endPiece();
    if (this.#hasDotPiece) {
      if (this.#isDoubtful) return false;
      this.#hasDotPiece = false;
      this.#length = this.#segmentStart;
      if (dots === 2) {
        if (this.#length === 1) return false;
        this.#length -= 1;
        while (out[this.#length - 1] !== SLASH) this.#length -= 1;
      }
    } else if (hasSlash && this.#length > this.#segmentStart) {
      out[this.#length++] = SLASH;
    }
    this.#segmentStart = this.#length;
    this.#isDoubtful = false;
    return true;
  }
}

/** The value of the escape that begins here; -1 if it is broken. */
function escapeAt(path: string, at: number): number {
  if (at + 2 >= path.length) return -1;
  const first = HEX[path.charCodeAt(at + 1)] ?? 255;
  const second = HEX[path.charCodeAt(at + 2)] ?? 255;
  return first > 15 || second > 15 ? -1 : first * 16 + second;
}
