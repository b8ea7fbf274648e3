import { type Ip, ipFromBytes, parseIp, printIp } from "#src/ip/address.ts";
import type { ConnectionEnds } from "./connection.ts";
import { withoutMapping } from "./without-mapping.ts";

/** What the header of the PROXY protocol at the beginning of a connection says. */
export interface ProxyHeader {
  /** Bytes that it takes. */
  readonly length: number;
  /** Whose connection it is; undefined: that of the proxy itself, or the proxy does not know. */
  readonly ends: ConnectionEnds | undefined;
}

/** More bytes are needed; or it is not a header. */
type Unread = "incomplete" | "malformed";

const CR = 0x0d;
const LF = 0x0a;
const FIRST_1 = Buffer.from("PROXY ");
/** A line of version 1 with its end has at most so many bytes (section 2.1). */
const MAX_LINE = 107;
const FIRST_2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const HEAD_2 = 16;
/** A header of version 2 may have 65,551 bytes; those that are sent have some hundred, with a certificate some thousand. */
const MAX_HEADER = 16_384;

/** Of version 2: where the parts are, by the byte for family and protocol: TCP over IPv4 and IPv6. */
const INET: Readonly<Record<number, { readonly bytes: number }>> = { 0x11: { bytes: 4 }, 0x21: { bytes: 16 } };
/** No addresses: of no family, and of Unix sockets. */
const WITHOUT_ADDRESS: ReadonlySet<number> = new Set([0x00, 0x31, 0x32]);

/** Reads the header of version 1 or 2 that bytes begin with (HAProxy's "The PROXY protocol", sections 2.1 and 2.2). */
export function readProxyHeader(bytes: Buffer): ProxyHeader | Unread {
  if (bytes.length === 0) return "incomplete";
  return bytes[0] === FIRST_1[0] ? readLine(bytes) : readBinary(bytes);
}

/** Whether bytes are as those at the beginning of a longer text, as far as they go. */
function beginsLike(bytes: Buffer, first: Buffer): boolean {
  const length = Math.min(bytes.length, first.length);
  return bytes.subarray(0, length).equals(first.subarray(0, length));
}

function readLine(bytes: Buffer): ProxyHeader | Unread {
  if (!beginsLike(bytes, FIRST_1)) return "malformed";
  const end = bytes.subarray(0, MAX_LINE).indexOf(LF);
  if (end === -1) return bytes.length < MAX_LINE ? "incomplete" : "malformed";
  if (bytes[end - 1] !== CR) return "malformed";
  const [family, ...rest] = bytes.toString("latin1", FIRST_1.length, end - 1).split(" ");
  const length = end + 1;
  if (family === "UNKNOWN") return { length, ends: undefined };
  const [source = "", destination = "", sourcePort = "", askedPort = ""] = rest;
  if (rest.length !== 4 || (family !== "TCP4" && family !== "TCP6")) return "malformed";
  const isOfFamily = [source, destination].every((text) => text.includes(":") === (family === "TCP6"));
  const [from, to] = [source, destination].map((text) => parseIp(withoutMapping(text)));
  const [fromPort, toPort] = [portOf(sourcePort), portOf(askedPort)];
  if (!isOfFamily || from === undefined || to === undefined) return "malformed";
  if (fromPort === undefined || toPort === undefined) return "malformed";
  return {
    length,
    ends: { client: { address: printIp(from), port: fromPort }, asked: { address: printIp(to), port: toPort } },
  };
}

function portOf(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function readBinary(bytes: Buffer): ProxyHeader | Unread {
  if (!beginsLike(bytes, FIRST_2)) return "malformed";
  if (bytes.length < HEAD_2) return "incomplete";
  const [versionAndCommand, kind] = [bytes[12]!, bytes[13]!];
  const command = versionAndCommand & 0x0f;
  const length = HEAD_2 + bytes.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2 || command > 1 || length > MAX_HEADER) return "malformed";
  const inet = INET[kind];
  const isLocal = command === 0;
  if (!isLocal && inet === undefined && !WITHOUT_ADDRESS.has(kind)) return "malformed";
  if (!isLocal && inet !== undefined && length < HEAD_2 + 2 * inet.bytes + 4) return "malformed";
  if (bytes.length < length) return "incomplete";
  if (isLocal || inet === undefined) return { length, ends: undefined };
  const ports = HEAD_2 + 2 * inet.bytes;
  const [from, to] = [HEAD_2, HEAD_2 + inet.bytes].map((at) =>
    textOf(ipFromBytes(bytes.subarray(at, at + inet.bytes))),
  );
  // What follows the ports are further values, of which none is needed.
  const client = { address: from!, port: bytes.readUInt16BE(ports) };
  return { length, ends: { client, asked: { address: to!, port: bytes.readUInt16BE(ports + 2) } } };
}

const MAPPED_PREFIX = 0xffffn;

function textOf(ip: Ip): string {
  const isMapped = ip.family === "ipv6" && ip.value >> 32n === MAPPED_PREFIX;
  return printIp(isMapped ? { family: "ipv4", value: ip.value & 0xffff_ffffn } : ip);
}
