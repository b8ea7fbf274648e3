import type { Host } from "./host.ts";
import type { PodProgram, ServerOptions } from "./image-program.ts";
import type { RackProcess } from "./rack-process.ts";

/** What `Rack.startPod` needs; the name is unique in the rack, and has at most 60 characters. */
export interface PodOptions extends ServerOptions {
  /** The node it runs on: `n1`. */
  readonly node: string;
  /** Runs this instead of the lab's server; ports and page are its own business then. */
  readonly program?: PodProgram;
}

/** A pod: a host of its own behind a node, and the server running in it. */
export class Pod {
  readonly name: string;
  /** The name of the node it runs on. */
  readonly node: string;
  readonly host: Host;
  readonly process: RackProcess;
  readonly #remove: () => Promise<void>;

  constructor(parts: { name: string; node: string; host: Host; process: RackProcess; remove: () => Promise<void> }) {
    this.name = parts.name;
    this.node = parts.node;
    this.host = parts.host;
    this.process = parts.process;
    this.#remove = parts.remove;
  }

  /** Its IPv4 and its IPv6 address, in this order. */
  get addresses(): readonly string[] {
    return this.host.addresses;
  }

  /** Ends the server (SIGTERM), then takes its namespace away. */
  async stop(): Promise<void> {
    await this.process.stop();
    await this.#remove();
  }
}
