/** What the first bytes of a connection say of the server that its client means. */
export type ReadHello =
  /** So many bytes, counted from the first, are needed at least to know more. */
  | { readonly kind: "incomplete"; readonly needs: number }
  /** As it is written: in any case, perhaps with a final dot. */
  | { readonly kind: "named"; readonly serverName: string }
  /** It names no server; or it cannot be read as a ClientHello. */
  | { readonly kind: "nameless" }
  /** Longer than those that are read. */
  | { readonly kind: "too-large" };

/** A ClientHello with keys of post-quantum algorithms and a ticket has some 2,000 bytes; OpenSSL refuses one of more than 131,396. */
const MAX_HELLO_BYTES = 32_768;
/** Of the records that it comes in: they may be as short as a byte, with five before each. */
export const MAX_HELLO_RECORDS_BYTES = 65_536;

const RECORD_HEAD = 5;
/** RFC 8446 section 5.1. */
const HANDSHAKE_RECORD = 22;
const MAJOR_VERSION = 3;
const MAX_FRAGMENT = 16_384;
/** RFC 8446 section 4. */
const MESSAGE_HEAD = 4;
const CLIENT_HELLO = 1;
/** legacy_version and random (RFC 8446 section 4.1.2). */
const HELLO_START = 34;
/** RFC 6066 section 3. */
const SERVER_NAME = 0;
const HOST_NAME = 0;
const MAX_NAME = 255;

const NAMELESS: ReadHello = { kind: "nameless" };
const TOO_LARGE: ReadHello = { kind: "too-large" };

/**
 * Reads the server name (RFC 6066 section 3) of the ClientHello that bytes begin with, whatever records it is divided into
 * (RFC 8446 section 5.1). With ECH (RFC 9849) that is the name of the outer one.
 */
export function readClientHello(bytes: Buffer): ReadHello {
  const fragments: Buffer[] = [];
  let length = 0;
  let wanted = MESSAGE_HEAD;
  for (let at = 0; ;) {
    const size = fragmentSize(bytes, at);
    if (size === "malformed") return NAMELESS;
    // One record of all that is missing would make it whole. So a client that sends a byte in each is not looked at for each.
    if (size === "incomplete") return incomplete(at + RECORD_HEAD + wanted - length);
    const start = at + RECORD_HEAD;
    const fragment = bytes.subarray(start, start + size);
    fragments.push(fragment);
    length += fragment.length;
    if (wanted === MESSAGE_HEAD && length >= MESSAGE_HEAD) {
      const head = Buffer.concat(fragments);
      if (head[0] !== CLIENT_HELLO) return NAMELESS;
      wanted += head.readUIntBE(1, 3);
      if (wanted > MAX_HELLO_BYTES) return TOO_LARGE;
    }
    if (length >= wanted) return nameIn(Buffer.concat(fragments, wanted));
    const missing = wanted - length;
    at = start + size;
    const isWhole = fragment.length === size;
    // What is missing is in this record, or behind the head of another one at least.
    const isInside = fragment.length + missing <= size;
    if (!isWhole) return incomplete(bytes.length + missing + (isInside ? 0 : RECORD_HEAD));
  }
}

function incomplete(needs: number): ReadHello {
  return needs > MAX_HELLO_RECORDS_BYTES ? TOO_LARGE : { kind: "incomplete", needs };
}

/** How long the fragment of the record is that begins at a place. */
function fragmentSize(bytes: Buffer, at: number): number | "incomplete" | "malformed" {
  if (bytes.length > at && bytes[at] !== HANDSHAKE_RECORD) return "malformed";
  if (bytes.length > at + 1 && bytes[at + 1] !== MAJOR_VERSION) return "malformed";
  if (bytes.length < at + RECORD_HEAD) return "incomplete";
  const size = bytes.readUInt16BE(at + 3);
  return size === 0 || size > MAX_FRAGMENT ? "malformed" : size;
}

/** The name in a whole ClientHello (RFC 8446 section 4.1.2). */
function nameIn(hello: Buffer): ReadHello {
  const afterSession = vectorEnd(hello, MESSAGE_HEAD + HELLO_START, 1);
  const afterSuites = vectorEnd(hello, afterSession, 2);
  const afterCompression = vectorEnd(hello, afterSuites, 1);
  if (vectorEnd(hello, afterCompression, 2) !== hello.length) return NAMELESS;
  let found: string | undefined;
  let at = afterCompression + 2;
  while (at < hello.length) {
    const end = vectorEnd(hello, at + 2, 2);
    if (end === NOWHERE) return NAMELESS;
    if (hello.readUInt16BE(at) === SERVER_NAME) {
      const name = hostName(hello.subarray(at + 4, end));
      if (name === undefined || found !== undefined) return NAMELESS;
      found = name;
    }
    at = end;
  }
  return found === undefined ? NAMELESS : { kind: "named", serverName: found };
}

/** The name in the extension server_name, which has to be the only one, as for OpenSSL. */
function hostName(extension: Buffer): string | undefined {
  if (vectorEnd(extension, 0, 2) !== extension.length || extension[2] !== HOST_NAME) return undefined;
  if (vectorEnd(extension, 3, 2) !== extension.length) return undefined;
  const name = extension.subarray(5);
  if (name.length === 0 || name.length > MAX_NAME || name.includes(0)) return undefined;
  return name.toString("latin1");
}

/** Where there is no place. */
const NOWHERE = -1;

/** Where a vector ends that begins with its length, in so many bytes (RFC 8446 section 3.4); NOWHERE: behind the end of the bytes. */
function vectorEnd(bytes: Buffer, at: number, lengthBytes: 1 | 2): number {
  if (at === NOWHERE || at + lengthBytes > bytes.length) return NOWHERE;
  const end = at + lengthBytes + bytes.readUIntBE(at, lengthBytes);
  return end > bytes.length ? NOWHERE : end;
}
