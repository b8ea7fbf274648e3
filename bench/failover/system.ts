import type { Host } from "#lab/rack/host.ts";
import type { Rack } from "#lab/rack/rack.ts";

/** A system under test, running in a rack. */
export interface RunningFailoverSystem {
  /** Resolves with the node that owns the address, once exactly one does and another one is on standby. */
  untilSteady(ip: string): Promise<Host>;
  /** Stops the program on a node with SIGTERM; the node goes on forwarding. */
  leave(node: Host): Promise<void>;
  /** Kills it there; the node goes on forwarding. Undefined where that is not measured. */
  readonly kill?: (node: Host) => Promise<unknown>;
  /** Stops its process by SIGSTOP, until `resume`. */
  readonly hang?: (node: Host) => void;
  readonly resume?: (node: Host) => void;
  /** The addresses that a node announces, in no order. Undefined where that is not measured. */
  readonly addressesOf?: (node: Host) => readonly string[];
  /** Starts it there again. */
  rejoin(node: Host): Promise<void>;
  stop(): Promise<void>;
}

export interface FailoverSystem {
  readonly name: string;
  /** The Debian package without which it cannot run; undefined for our own. */
  readonly package: string | undefined;
  /** The program to look for. */
  readonly program: string | undefined;
  /** The cases that it takes part in. */
  readonly cases: readonly string[];
  version(): Promise<string>;
  /** `addresses`: so many are announced, those that are probed among them. */
  start(rack: Rack, addresses: number): Promise<RunningFailoverSystem>;
}
