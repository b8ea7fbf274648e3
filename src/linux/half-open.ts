import { readTcpTables } from "./tcp-tables.ts";

/** A line of proc(5) /proc/net/tcp in the state SYN_RECV: the local port. */
const LINE = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 03 /gm;

/**
 * How many connections of this network namespace are half made at these ports: the client has asked, and its last word is not
 * here. Undefined where the kernel does not say.
 */
export async function countHalfOpen(ports: ReadonlySet<number>): Promise<number | undefined> {
  const tables = await readTcpTables();
  return tables?.reduce((sum, table) => sum + halfOpenIn(table, ports), 0);
}

/** The same in one table of proc(5). */
export function halfOpenIn(table: string, ports: ReadonlySet<number>): number {
  let count = 0;
  for (const [, port = ""] of table.matchAll(LINE)) if (ports.has(Number.parseInt(port, 16))) count += 1;
  return count;
}
