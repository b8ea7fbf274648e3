import type { Host } from "./host.ts";
import type { RackProcess } from "./rack-process.ts";

/** A program that runs in a pod in place of the lab's server. */
export interface PodProgram {
  /** The image whose pods run it. */
  readonly image: string;
  readonly command: readonly string[];
  /** The line it prints once it serves. */
  readonly ready: RegExp;
}

/** What `Rack.startPod` needs; the pod serves every port on both families. */
export interface PodOptions {
  /** Unique in the rack; at most 60 characters. */
  readonly name: string;
  /** The node it runs on: `n1`. */
  readonly node: string;
  /** Ports that speak HTTP: a text page naming the pod, or with `page` an HTML one. Default 8080. */
  readonly httpPorts?: readonly number[];
  /** Ports that greet each TCP connection with `NAME CLIENT-ADDRESS` and then echo. */
  readonly tcpPorts?: readonly number[];
  /** Ports that echo each UDP datagram, followed by ` NAME CLIENT-ADDRESS`. */
  readonly udpPorts?: readonly number[];
  /** Heading of an HTML page instead of the plain text. */
  readonly page?: string;
  /** Runs this instead of the lab's server; ports and page are its own business then. */
  readonly command?: readonly string[];
  readonly ready?: RegExp;
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
