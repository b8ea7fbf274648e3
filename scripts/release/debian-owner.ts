import { spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { basename } from "node:path";

/** The package that a file of the machine is of. */
export interface Owner {
  readonly name: string;
  readonly version: string;
  /** As package URL: `pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64`. */
  readonly purl: string;
}

/** The Debian package (or that of a system made from it) that a file is of; where none is known, the file under its own name. */
export function ownerOf(path: string): Owner {
  const found = [realpathSync(path), path].map(packageOf).find((one) => one !== undefined);
  const name = basename(path);
  return found ?? { name, version: "unknown", purl: `pkg:generic/${name}` };
}

function packageOf(path: string): Owner | undefined {
  // A system that merged /lib into /usr/lib knows some files by the old path alone.
  const [owner = ""] = [path, path.replace(/^\/usr/, "")].map(searched).filter((one) => one !== "");
  if (owner === "") return undefined;
  const format = ["--showformat=${Package} ${Version} ${Architecture}", "--show", owner];
  const { status, stdout } = spawnSync("dpkg-query", format, { encoding: "utf8" });
  const [name = "", version = "", architecture = ""] = stdout?.split(" ") ?? [];
  if (status !== 0 || version === "") return undefined;
  const purl = `pkg:deb/${systemId()}/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { name, version, purl };
}

/** `libc6:amd64`, empty where no package has the file. */
function searched(path: string): string {
  const { status, stdout } = spawnSync("dpkg-query", ["--search", path], { encoding: "utf8" });
  return status === 0 ? (/^(\S+): /.exec(stdout)?.[1] ?? "") : "";
}

function systemId(): string {
  return /^ID=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "debian";
}
