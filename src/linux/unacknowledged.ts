import { endianness } from "node:os";
import { ipFromBytes, parseIp, printIp } from "#src/ip/address.ts";
import { readTcpTables } from "./tcp-tables.ts";

/** By `unacknowledgedKey`: how often the kernel has sent the data again that the peer has not acknowledged. */
export type Unacknowledged = ReadonlyMap<string, number>;

/**
 * A line of proc(5) /proc/net/tcp: local and remote address and port, state, queues, and the timer. Only lines with
 * something in the send queue while the retransmission timer (1) runs; a peer with a full window has another timer (4).
 */
const LINE =
  /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]{2} (?!0{8}:)[0-9A-F]{8}:[0-9A-F]{8} 01:[0-9A-F]+ ([0-9A-F]+)/;
/** In each such line and in hardly any other: to look for it costs a tenth of the expression. */
const TIMER = " 01:";

/** Names a TCP connection by its local port and its peer. */
export function unacknowledgedKey(
  localPort: number,
  peer: { readonly address: string; readonly port: number },
): string {
  const ip = parseIp(peer.address);
  return `${localPort} ${ip === undefined ? peer.address : printIp(ip)} ${peer.port}`;
}

/**
 * Connections of this network namespace whose peer has not acknowledged what was sent. The kernel of the peer
 * acknowledges however slow the program behind it is, so this tells a dead peer from a slow one. Undefined where the
 * kernel does not say.
 */
export async function readUnacknowledged(): Promise<Unacknowledged | undefined> {
  const tables = await readTcpTables();
  return tables && new Map(tables.flatMap(parseTcpTable));
}

/** The entries of one table of proc(5): keys, and how often the data was sent again. */
export function parseTcpTable(text: string): readonly (readonly [string, number])[] {
  const entries: [string, number][] = [];
  for (let at = text.indexOf(TIMER); at !== -1; at = text.indexOf(TIMER, at + 1)) {
    const lineEnd = text.indexOf("\n", at);
    const line = text.slice(text.lastIndexOf("\n", at) + 1, lineEnd === -1 ? text.length : lineEnd);
    const [, local = "", address = "", port = "", times = ""] = LINE.exec(line) ?? [];
    if (address === "") continue;
    const peer = { address: printIp(ipFromBytes(kernelBytes(address))), port: Number.parseInt(port, 16) };
    entries.push([unacknowledgedKey(Number.parseInt(local, 16), peer), Number.parseInt(times, 16)]);
  }
  return entries;
}

/** An address in network order, of words that the kernel prints in the order of the machine. */
function kernelBytes(hex: string): Uint8Array {
  const bytes = Buffer.from(hex, "hex");
  return endianness() === "LE" ? bytes.swap32() : bytes;
}
