import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { arch, homedir } from "node:os";
import { join } from "node:path";

/** What runs containers on a node, at the versions that it was tried with. */
const packages = {
  containerd: "1.6.20",
  runc: "1.1.5",
  "containernetworking-plugins": "1.1.1",
} as const;
const LAST_LINES = 5;

/** Where the programs lie that run containers; nothing of them is installed on this machine. */
export interface NodePackages {
  /** Folders that hold containerd, its shim, ctr and runc: for PATH. */
  readonly programs: readonly string[];
  /** The file of runc. */
  readonly runc: string;
  /** Holds the CNI plug-ins: ptp, host-local, loopback. */
  readonly networkPlugins: string;
}

/** The unpacked packages; undefined while `fetchNodePackages` has not brought them. */
export function nodePackages(): NodePackages | undefined {
  const root = folder();
  if (!existsSync(root)) return undefined;
  const programs = [join(root, "usr/bin"), join(root, "usr/sbin")];
  return { programs, runc: join(root, "usr/sbin/runc"), networkPlugins: join(root, "usr/lib/cni") };
}

/**
 * Downloads Debian's packages and unpacks them into the cache, where no service starts, unless they are there.
 * Returns why they cannot be had, in words for a person; undefined if they are there.
 */
export function fetchNodePackages(say: (line: string) => void): string | undefined {
  if (existsSync(folder())) return undefined;
  const wanted = Object.entries(packages).map(([name, version]) => `${name}=${version}*`);
  say(`downloading Debian's ${wanted.join(", ")} (35 MB) into ${folder()}`);
  mkdirSync(cache(), { recursive: true });
  const part = mkdtempSync(`${folder()}.part-`);
  try {
    const download = ["-o", "APT::Sandbox::User=root", "download", ...wanted];
    const failed = run("apt-get", download, part) ?? unpackAll(part);
    if (failed !== undefined) return `containerd, runc and the CNI plug-ins of Debian 12 cannot be had: ${failed}`;
    renameSync(join(part, "root"), folder());
    return undefined;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function unpackAll(part: string): string | undefined {
  const files = readdirSync(part).filter((name) => name.endsWith(".deb"));
  return files.map((file) => run("dpkg", ["-x", file, "root"], part)).find((failed) => failed !== undefined);
}

/** What a command said when it failed; undefined if it did its work. */
function run(command: string, args: readonly string[], cwd: string): string | undefined {
  const result = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (result.error !== undefined) return `cannot run ${command}: ${result.error.message}`;
  if (result.status === 0) return undefined;
  return result.stderr.trim().split("\n").slice(-LAST_LINES).join("; ") || `${command} exited ${result.status}`;
}

function folder(): string {
  const versions = Object.values(packages).join("-");
  return join(cache(), `debian-${arch()}-${versions}`);
}

function cache(): string {
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "hawser/install");
}
