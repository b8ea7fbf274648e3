import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CommandResult, runCommand } from "#lab/rack/run-command.ts";
import type { Host } from "#lab/rack/host.ts";
import type { RackProcess, SpawnOptions } from "#lab/rack/rack-process.ts";
import type { ControlGroups } from "./control-groups.ts";

const READY = /^ready (\d+)$/;
const NODE_SCRIPT = fileURLToPath(new URL("node.sh", import.meta.url));
/** Writes itself into control groups (arguments up to `--`), then becomes the command. */
const JOIN_GROUPS = 'while [ "$1" != -- ]; do echo $$ > "$1"; shift; done; shift; exec "$@"';

export interface NodeMachineOptions {
  readonly host: Host;
  /** Keeps what the node writes: images, containers, logs. It must not be on an overlay file system. */
  readonly directory: string;
  readonly groups: ControlGroups;
}

/**
 * A host of a rack as a machine of its own: beside the network also own processes, mounts, name, IPC and control groups.
 * Killed, everything on it is gone at once, containers too; started again, it finds its files.
 */
export class NodeMachine {
  readonly host: Host;
  readonly directory: string;
  readonly #groups: ControlGroups;
  readonly #first: RackProcess;
  readonly #pid: number;

  private constructor(options: NodeMachineOptions, first: RackProcess, pid: number) {
    this.host = options.host;
    this.directory = options.directory;
    this.#groups = options.groups;
    this.#first = first;
    this.#pid = pid;
  }

  static async start(options: NodeMachineOptions): Promise<NodeMachine> {
    const { host, directory, groups } = options;
    mkdirSync(directory, { recursive: true });
    const grouped = ["sh", "-c", JOIN_GROUPS, "sh", ...groups.add(host.name), "--"];
    const unshare = ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--kill-child"];
    const script = ["sh", NODE_SCRIPT, host.name, directory, ...groups.mountOptions];
    const first = await host.spawn({ name: "machine", command: [...grouped, ...unshare, ...script], ready: READY });
    const ready = await first.waitForLine(READY);
    return new NodeMachine(options, first, Number(READY.exec(ready)?.[1]));
  }

  get name(): string {
    return this.host.name;
  }

  /** The command line that runs `command` on this machine, in its control groups; it ends with who started it. */
  inside(command: readonly string[]): string[] {
    const namespaces = ["--net", "--mount", "--pid", "--uts", "--ipc", "--cgroup"];
    const grouped = ["sh", "-c", 'for g in /sys/fs/cgroup/*/cgroup.procs; do echo $$ > "$g"; done; exec "$@"', "sh"];
    const tied = ["setpriv", "--pdeathsig", "KILL", "--"];
    return ["nsenter", `--target=${this.#pid}`, ...namespaces, "--", ...grouped, ...tied, ...command];
  }

  /** Starts a program on it; its output goes to a file of its name in the directory too. */
  spawn(options: SpawnOptions): Promise<RackProcess> {
    const logFile = join(this.directory, `${options.name}.log`);
    return this.host.spawn({ logFile, ...options, command: this.inside(options.command) });
  }

  /** Runs a command on it to its end. Rejects only when it cannot be started. */
  run(command: readonly string[]): Promise<CommandResult> {
    return runCommand(this.inside(command));
  }

  /** Kills everything on it by one signal to its first process, as a power cut would, and removes its control groups. */
  async kill(): Promise<void> {
    process.kill(this.#pid, "SIGKILL");
    await this.#first.exited;
    await this.#groups.remove(this.name);
  }
}
