import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { mustRun, runCommand } from "#lab/rack/run-command.ts";
import { killProcess } from "#lab/rack/processes-in.ts";
import { until } from "#lab/rack/until.ts";

/** Without these the kubelet ends at once, or no container starts. */
const NEEDED = ["cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids"];
/** The kernel lets go of a group some time after the last process in it ended. */
const REMOVAL_TIMEOUT_MS = 30_000;
/** Begin of the names of our groups; no two labs at the same time have the same. */
const GROUP = "hawser-nodes-";
/** No lab lives so long: such a group was left behind by one that was killed. */
const ABANDONED_MS = 3_600_000;

/** One hierarchy of control groups (version 1): `cpu,cpuacct` or `name=systemd`, and where in it this process is. */
interface Hierarchy {
  readonly controllers: string;
  readonly own: string;
}

function hierarchies(): readonly Hierarchy[] {
  const lines = readFileSync("/proc/self/cgroup", "utf8").trim().split("\n");
  return lines.flatMap((line) => {
    const [number, controllers = "", ...path] = line.split(":");
    return number === "0" ? [] : [{ controllers, own: path.join(":") }];
  });
}

/** Why no node can have control groups of its own here, in words for a person; undefined if it can. */
export function whyNoControlGroups(): string | undefined {
  const there = new Set(hierarchies().flatMap(({ controllers }) => controllers.split(",")));
  const missing = NEEDED.filter((name) => !there.has(name));
  if (missing.length === 0) return undefined;
  return `the nodes need control groups of version 1 with ${missing.join(", ")} (this machine has version 2, or none)`;
}

/**
 * The control groups of a rack's nodes, below those that this process is in: one folder a node in each hierarchy.
 * Needs to be root and inside the wrapper, whose own mounts it adds.
 */
export class ControlGroups {
  /** Options of mount(8) for each hierarchy, for a node's own mounts: `cpu`, `none,name=systemd`. */
  readonly mountOptions: readonly string[];
  readonly #directory: string;
  readonly #roots: readonly string[];

  private constructor(directory: string, mountOptions: readonly string[], roots: readonly string[]) {
    this.#directory = directory;
    this.mountOptions = mountOptions;
    this.#roots = roots;
  }

  /** Mounts all hierarchies and makes a group of our own in each, below this process's. */
  static async open(): Promise<ControlGroups> {
    const name = GROUP + randomBytes(4).toString("hex");
    const directory = mkdtempSync("/run/hawser-groups-");
    const found = hierarchies();
    const options = found.map(({ controllers }) => (controllers.includes("=") ? `none,${controllers}` : controllers));
    const roots: string[] = [];
    for (const [at, { own }] of found.entries()) {
      const mount = join(directory, String(at));
      mkdirSync(mount);
      await mustRun("mount control groups", ["mount", "-t", "cgroup", "-o", options[at] ?? "", "cgroup", mount]);
      removeAbandoned(join(mount, own));
      roots.push(makeGroup(join(mount, own), name));
    }
    return new ControlGroups(directory, options, roots);
  }

  /** Makes the groups of a node; returns the files that a process writes itself into to be in them. */
  add(node: string): readonly string[] {
    return this.#roots.map((root) => join(makeGroup(root, node), "cgroup.procs"));
  }

  /** Removes the groups of a node; kills what is still in them. Rejects when the kernel does not let go of them. */
  remove(node: string): Promise<void> {
    return removeAll(this.#roots.map((root) => join(root, node)));
  }

  /** Removes all groups, as `remove` does, and unmounts the hierarchies. */
  async close(): Promise<void> {
    await removeAll(this.#roots);
    for (const mount of readdirSync(this.#directory)) await runCommand(["umount", join(this.#directory, mount)]);
    rmSync(this.#directory, { recursive: true });
  }
}

async function removeAll(groups: readonly string[]): Promise<void> {
  let left: readonly string[] = [];
  await until(
    "the removal of the nodes' control groups",
    () => {
      left = groups.flatMap(removeGroup);
      return left.length === 0;
    },
    { timeoutMs: REMOVAL_TIMEOUT_MS, lastSeen: () => left },
  );
}

/** A group without processors and memory of its own takes in no process. */
function makeGroup(parent: string, name: string): string {
  const group = join(parent, name);
  if (!existsSync(group)) mkdirSync(group);
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (existsSync(join(parent, file))) writeFileSync(join(group, file), readFileSync(join(parent, file)));
  }
  return group;
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent).filter((name) => name.startsWith(GROUP))) {
    if (Date.now() - statSync(join(parent, name)).mtimeMs > ABANDONED_MS) removeGroup(join(parent, name));
  }
}

/** Removes the group and those below it, the deepest first; returns those that would not go. */
function removeGroup(group: string): string[] {
  if (!existsSync(group)) return [];
  const below = readdirSync(group)
    .map((name) => join(group, name))
    .filter((path) => statSync(path).isDirectory());
  const left = below.flatMap(removeGroup);
  for (const pid of readFileSync(join(group, "cgroup.procs"), "utf8").split("\n")) {
    if (Number(pid) > 0) killProcess(Number(pid));
  }
  try {
    rmdirSync(group);
    return left;
  } catch {
    return [...left, group];
  }
}
