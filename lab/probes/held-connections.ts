import { fileURLToPath } from "node:url";
import type { Host } from "#lab/rack/host.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";

const PROGRAM = fileURLToPath(new URL("connections-main.ts", import.meta.url));

/** Open TCP connections to one target. */
export interface ConnectionsTarget {
  readonly target: string;
  readonly port: number;
  readonly count: number;
  /** Between two words on one connection; default 20. */
  readonly everyMs?: number;
}

/** What became of the connections. */
export interface HeldConnectionsResult {
  /** Those that are open and were answered in the last second. */
  readonly alive: number;
  readonly count: number;
  /** The longest time without an answer, of those that are alive. */
  readonly longestMs: number;
}

/** A process on a host that holds TCP connections open, and talks on each of them. */
export class HeldConnections {
  readonly #process: RackProcess;

  private constructor(running: RackProcess) {
    this.#process = running;
  }

  /** Resolves when all are open. */
  static async open(host: Host, target: ConnectionsTarget): Promise<HeldConnections> {
    const settings = JSON.stringify({ everyMs: 20, ...target });
    const command = [process.execPath, PROGRAM, settings];
    return new HeldConnections(await host.spawn({ name: "connections", command, ready: /^ready$/ }));
  }

  /** Closes them. */
  async close(): Promise<HeldConnectionsResult> {
    await this.#process.stop();
    return JSON.parse(this.#process.lines.at(-1) ?? "{}") as HeldConnectionsResult;
  }
}
