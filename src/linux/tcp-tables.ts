import { readFile } from "node:fs/promises";

/** proc(5): the TCP connections of this network namespace, of both families. */
const TABLES = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];

/** The text of each table that there is, a connection a line; undefined where the kernel does not say. */
export async function readTcpTables(): Promise<readonly string[] | undefined> {
  const texts = await Promise.all(TABLES.map((path) => readFile(path, "latin1").catch(() => undefined)));
  const known = texts.filter((text) => text !== undefined);
  return known.length === 0 ? undefined : known;
}
