import type { Accept } from "./servers.ts";

/** Which connections of a server for TLS are not read, but passed on. */
export interface Passing {
  /** Whether any is, now: otherwise nothing of a connection is looked at before its handshake. */
  readonly isOn: () => boolean;
  /** What takes the connections of clients that mean this server, as they came; undefined: they shake hands. */
  readonly acceptFor: (serverName: string) => Accept | undefined;
}
