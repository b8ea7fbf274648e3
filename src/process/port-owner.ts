import { readdir, readFile, readlink } from "node:fs/promises";

/** Enough for any node; beyond it the answer is "unknown" rather than a long search. */
const MAX_PROCESSES = 5_000;
const MAX_FILES_PER_PROCESS = 4_096;
/** Where the kernel lists the sockets of a protocol, and the state of a socket there that waits for peers (TCP_LISTEN, TCP_CLOSE). */
const TABLES = {
  tcp: { files: ["/proc/net/tcp", "/proc/net/tcp6"], open: "0A" },
  udp: { files: ["/proc/net/udp", "/proc/net/udp6"], open: "07" },
} as const;

/** A process that listens on a port. */
export interface PortOwner {
  readonly pid: number;
  /** Its short name, from /proc/PID/comm. */
  readonly name: string;
}

/**
 * Finds the process that listens on a port of this network namespace; undefined where that cannot be read (the process
 * belongs to another user and we are not root, or it lives in another pid namespace).
 */
export async function findPortOwner(
  port: number,
  address: string,
  protocol: keyof typeof TABLES = "tcp",
): Promise<PortOwner | undefined> {
  const { files, open } = TABLES[protocol];
  const sockets = new Set<string>();
  for (const file of files) {
    for (const inode of listeners(await readText(file), { port, address, open })) sockets.add(`socket:[${inode}]`);
  }
  if (sockets.size === 0) return undefined;
  const pids = (await readNames("/proc")).filter((name) => /^\d+$/.test(name)).slice(0, MAX_PROCESSES);
  for (const pid of pids) {
    if (!(await holdsOne(pid, sockets))) continue;
    return { pid: Number(pid), name: (await readText(`/proc/${pid}/comm`)).trim() };
  }
  return undefined;
}

/** Inodes of the listening sockets that keep `address`:`port` from being bound. */
function listeners(
  table: string,
  { port, address, open }: { readonly port: number; readonly address: string; readonly open: string },
): readonly string[] {
  const wanted = kernelHex(address);
  const inodes: string[] = [];
  for (const line of table.split("\n").slice(1)) {
    // "sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ..." (proc_pid_net(5))
    const fields = line.trim().split(/\s+/);
    const [, local = "", , state, , , , , , inode] = fields;
    const [host = "", hexPort = ""] = local.split(":");
    if (state !== open || inode === undefined || Number.parseInt(hexPort, 16) !== port) continue;
    if (wanted === undefined || host === wanted || /^0+$/.test(host)) inodes.push(inode);
  }
  return inodes;
}

/** An IPv4 address as the kernel prints it there: little-endian hex. Undefined: any listener on the port is in the way. */
function kernelHex(address: string): string | undefined {
  const octets = address.split(".").map(Number);
  if (octets.length !== 4 || octets.every((octet) => octet === 0)) return undefined;
  return octets
    .toReversed()
    .map((octet) => octet.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const names = (await readNames(`/proc/${pid}/fd`)).slice(0, MAX_FILES_PER_PROCESS);
  for (const name of names) {
    const target = await readlink(`/proc/${pid}/fd/${name}`).catch(() => "");
    if (sockets.has(target)) return true;
  }
  return false;
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}

async function readNames(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}
