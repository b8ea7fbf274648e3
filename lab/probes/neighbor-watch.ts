import type { Host } from "#lab/rack/host.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";

/** A host's kernel learnt that an address has this Ethernet address, by CLOCK_MONOTONIC. */
interface Learnt {
  readonly atNs: bigint;
  readonly ip: string;
  readonly mac: string;
}

/**
 * Follows the neighbor table of a host (usually the client): when it learns that another node has an address. What
 * arrives unasked reaches the table within a millisecond.
 */
export class NeighborWatch {
  readonly #process: RackProcess;
  readonly #learnt: Learnt[];

  private constructor(process: RackProcess, learnt: Learnt[]) {
    this.#process = process;
    this.#learnt = learnt;
  }

  static async start(host: Host): Promise<NeighborWatch> {
    const learnt: Learnt[] = [];
    const command = ["ip", "-oneline", "monitor", "neigh", "dev", "eth0"];
    const onLine = (line: string): void => {
      const [, ip, mac] = /^(\S+) .*lladdr (\S+)/.exec(line) ?? [];
      if (ip !== undefined && mac !== undefined) learnt.push({ atNs: process.hrtime.bigint(), ip, mac });
    };
    return new NeighborWatch(await host.spawn({ name: "neighbor-watch", command, onLine }), learnt);
  }

  /** Resolves with when the host first learnt, after `fromNs`, that the address has another Ethernet address than this one. */
  untilOtherThan(ip: string, mac: string, fromNs: bigint): Promise<bigint> {
    const find = (): bigint | undefined =>
      this.#learnt.find((one) => one.atNs > fromNs && one.ip === ip && one.mac !== mac)?.atNs;
    return until(`${ip} is no longer at ${mac}`, find, { lastSeen: () => this.#learnt.at(-1) });
  }

  /** Resolves with when the host first knew, after `fromNs`, of each of the addresses that it has another Ethernet address than this one. */
  untilAllOtherThan(ips: readonly string[], mac: string, fromNs: bigint): Promise<bigint> {
    const find = (): bigint | undefined => {
      const learnt = this.#learnt.filter((one) => one.atNs > fromNs && one.mac !== mac).toReversed();
      const firstNs = new Map(learnt.map(({ ip, atNs }) => [ip, atNs]));
      let lastNs = fromNs;
      for (const ip of ips) {
        const atNs = firstNs.get(ip);
        if (atNs === undefined) return undefined;
        if (atNs > lastNs) lastNs = atNs;
      }
      return lastNs;
    };
    return until(`no address is at ${mac}`, find, { everyMs: 50, lastSeen: () => this.#learnt.at(-1) });
  }

  async stop(): Promise<void> {
    await this.#process.kill();
  }
}
