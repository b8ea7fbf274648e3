import type { Host } from "#lab/rack/host.ts";
import type { Rack } from "#lab/rack/rack.ts";

/** A system under test, running in a rack. */
export interface RunningFailoverSystem {
  /** Resolves with the node that owns the address, once exactly one does and the other is on standby. */
  untilSteady(): Promise<Host>;
  /** Stops the program on a node with SIGTERM; the node goes on forwarding. */
  leave(node: Host): Promise<void>;
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
  version(): Promise<string>;
  start(rack: Rack): Promise<RunningFailoverSystem>;
}
