import type { RackHostAddresses } from "./host-addresses.ts";
import { type CommandResult, mustRun, runCommand } from "./run-command.ts";
import { RackProcess, type SpawnOptions } from "./rack-process.ts";

/** Where `ip netns` keeps the names of network namespaces. */
const NAMESPACE_FOLDER = "/run/netns";
/** Long enough for a second neighbor solicitation, which comes after one second. */
const REACH_TIMEOUT_MS = 2_000;

/** The words of `ip neigh`: how fresh an entry is. */
type NeighborState =
  | "INCOMPLETE"
  | "REACHABLE"
  | "STALE"
  | "DELAY"
  | "PROBE"
  | "FAILED"
  | "NOARP"
  | "PERMANENT"
  | "NONE";

export interface Neighbor {
  /** Undefined until there is an answer. */
  readonly mac: string | undefined;
  readonly state: NeighborState;
}

/** A machine of the rack: a network namespace with one interface `eth0`, and the processes running in it. */
export class Host {
  /** `client`, `router`, `remote`, `n1`..., or a pod's name. */
  readonly name: string;
  /** The name of its network namespace, as `ip netns` lists it. */
  readonly namespace: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly mac: string;
  readonly #processes = new Set<RackProcess>();

  constructor(name: string, namespace: string, addresses: RackHostAddresses) {
    this.name = name;
    this.namespace = namespace;
    this.ipv4 = addresses.ipv4;
    this.ipv6 = addresses.ipv6;
    this.mac = addresses.mac;
  }

  /** Both addresses, IPv4 first. */
  get addresses(): readonly string[] {
    return [this.ipv4, this.ipv6];
  }

  /** The processes started here that have not ended. */
  get processes(): ReadonlySet<RackProcess> {
    return this.#processes;
  }

  /** The command line that runs `command` in this host's network namespace. */
  inside(command: readonly string[]): string[] {
    return ["nsenter", `--net=${NAMESPACE_FOLDER}/${this.namespace}`, "--", ...command];
  }

  /** Runs a command here to its end. Rejects only when it cannot be started. */
  run(command: readonly string[], input = ""): Promise<CommandResult> {
    return runCommand(this.inside(command), input);
  }

  /** Starts a process here and waits for its ready line, if one is named; rejects when it ends before that. */
  async spawn(options: SpawnOptions): Promise<RackProcess> {
    const started = new RackProcess({
      ...options,
      name: `${this.name}/${options.name}`,
      command: this.inside(options.command),
    });
    this.#processes.add(started);
    void started.exited.then(() => this.#processes.delete(started));
    if (options.ready !== undefined) {
      try {
        await started.waitForLine(options.ready, options.readyMs);
      } catch (error) {
        await started.kill();
        throw error;
      }
    }
    return started;
  }

  /** What this host's neighbor table (ARP, NDP) holds for an address; undefined if nothing. */
  async neighbor(ip: string): Promise<Neighbor | undefined> {
    const command = ["ip", "-n", this.namespace, "-json", "neigh", "show", "to", ip, "dev", "eth0"];
    const said = await mustRun(`the neighbors of ${this.name}`, command);
    const rows = JSON.parse(said || "[]") as { lladdr?: string; state?: NeighborState[] }[];
    const row = rows[0];
    return row === undefined ? undefined : { mac: row.lladdr, state: row.state?.[0] ?? "NONE" };
  }

  /** Forgets all neighbors but the permanent ones: the next packet to each asks again. */
  async flushNeighbors(): Promise<void> {
    await mustRun(`flush the neighbors of ${this.name}`, ["ip", "-n", this.namespace, "neigh", "flush", "dev", "eth0"]);
  }

  /**
   * True if a TCP packet to the address is answered, be it with a refusal: frames pass both ways. False after
   * `timeoutMs` of silence or when the kernel finds no way. Needs no program on the other side (port 9 is discard).
   */
  async reaches(ip: string, timeoutMs = REACH_TIMEOUT_MS): Promise<boolean> {
    const connect = `exec 3<>/dev/tcp/${ip}/9`;
    const result = await this.run(["timeout", String(timeoutMs / 1_000), "bash", "-c", connect]);
    return result.code === 0 || /refused/i.test(result.stderr);
  }
}
