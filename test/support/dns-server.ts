import { createSocket } from "node:dgram";
import { once } from "node:events";

/** What a name has, of both families; nothing: it does not exist (NXDOMAIN). `fails`: the server cannot tell (SERVFAIL). */
export interface DnsRecords {
  readonly ipv4?: readonly string[];
  readonly ttlSeconds?: number;
  readonly fails?: boolean;
}

/** A DNS server (RFC 1035) on 127.0.0.1 that answers of these records, and counts the questions for IPv4 by name. */
export interface TestDnsServer extends AsyncDisposable {
  readonly address: string;
  readonly records: Map<string, DnsRecords>;
  readonly asked: Map<string, number>;
}

const TYPE_A = 1;
const HEADER_BYTES = 12;

/** Starts such a server on a free port. */
export async function startDnsServer(): Promise<TestDnsServer> {
  const socket = createSocket("udp4");
  const records = new Map<string, DnsRecords>();
  const asked = new Map<string, number>();
  socket.on("message", (query, from) => {
    const { name, type, end } = questionOf(query);
    if (type === TYPE_A) asked.set(name, (asked.get(name) ?? 0) + 1);
    const found = records.get(name);
    const addresses = type === TYPE_A ? (found?.ipv4 ?? []) : [];
    const code = found === undefined ? 3 : found.fails === true ? 2 : 0;
    const header = Buffer.from(query.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(0x8180 | code, 2);
    header.writeUInt16BE(addresses.length, 6);
    header.writeUInt16BE(0, 8);
    header.writeUInt16BE(0, 10);
    const answers = addresses.map((address) => recordOf(address, found?.ttlSeconds ?? 60));
    socket.send(Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...answers]), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    records,
    asked,
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** An answer whose name is that of the question (RFC 1035 section 4.1.4). */
function recordOf(address: string, ttlSeconds: number): Buffer {
  const record = Buffer.from([0xc0, 0x0c, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)]);
  record.writeUInt32BE(ttlSeconds, 6);
  return record;
}
