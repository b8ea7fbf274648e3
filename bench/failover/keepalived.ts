import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mustRun } from "#lab/rack/run-command.ts";
import { echo } from "#lab/probes/echo.ts";
import type { Host } from "#lab/rack/host.ts";
import type { Rack } from "#lab/rack/rack.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";
import type { FailoverSystem, RunningFailoverSystem } from "./system.ts";

/** keepalived (VRRPv3, nopreempt) on n1 and n2, at one advert interval in seconds. */
export function keepalived(name: string, advertIntervalS: number): FailoverSystem {
  return {
    name,
    cases: ["crash", "move", "connections"],
    package: "keepalived",
    program: "keepalived",
    async version() {
      const said = await mustRun("keepalived --version", ["sh", "-c", "keepalived --version 2>&1 | head -n 1"]);
      return /v([\d.]+)/.exec(said)?.[1] ?? said.trim();
    },
    async start(rack) {
      const group = new VrrpGroup(rack, advertIntervalS);
      await Promise.all(group.nodes.map((node) => group.start(node)));
      return running(group);
    },
  };
}

function configuration(priority: number, advertIntervalS: number): string {
  return `global_defs {
  vrrp_version 3
  script_user root
}
vrrp_instance vip {
  state BACKUP
  nopreempt
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int ${advertIntervalS}
  virtual_ipaddress {
    ${echo.ipv4}/24 dev eth0
  }
}
`;
}

class VrrpGroup {
  readonly nodes: readonly Host[];
  readonly #advertIntervalS: number;
  readonly #folder = mkdtempSync("/run/keepalived-");
  readonly #running = new Map<string, RackProcess>();

  constructor(rack: Rack, advertIntervalS: number) {
    this.nodes = rack.nodes.slice(0, 2);
    this.#advertIntervalS = advertIntervalS;
  }

  async start(node: Host): Promise<void> {
    const base = `${this.#folder}/${node.name}`;
    writeFileSync(`${base}.conf`, configuration(100 + this.nodes.indexOf(node), this.#advertIntervalS));
    const options = ["-n", "-l", "-D", "-P", "-f", `${base}.conf`, "-p", `${base}.pid`, "-r", `${base}.vrrp.pid`];
    const ready = /Entering (BACKUP|MASTER) STATE/;
    this.#running.set(node.name, await node.spawn({ name: "keepalived", command: ["keepalived", ...options], ready }));
  }

  async stopOn(node: Host): Promise<void> {
    await this.#running.get(node.name)?.stop();
    this.#running.delete(node.name);
  }

  /** The nodes that have the address on their interface. */
  async holders(): Promise<readonly Host[]> {
    const has = await Promise.all(
      this.nodes.map(async (node) =>
        (await node.run(["ip", "-br", "addr", "show", "eth0"])).stdout.includes(`${echo.ipv4}/`),
      ),
    );
    return this.nodes.filter((_, index) => has[index]);
  }

  get isWhole(): boolean {
    return this.#running.size === this.nodes.length;
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.stopOn(node)));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function running(group: VrrpGroup): RunningFailoverSystem {
  return {
    untilSteady: () =>
      until(
        "one keepalived holds the address",
        async () => {
          const [holder, ...others] = await group.holders();
          return group.isWhole && others.length === 0 && holder;
        },
        { timeoutMs: 20_000 },
      ),
    leave: (node) => group.stopOn(node),
    rejoin: (node) => group.start(node),
    stop: () => group.close(),
  };
}
