import type { Heartbeat } from "#src/wire/heartbeat.ts";

/** The session of the one that hears, in tests of its membership. */
export const OURS = 77n;

/** A heartbeat of version 1 from n2 that echoes our session and claims nothing; with changes. */
export function heartbeat(changes: Partial<Heartbeat> = {}): Heartbeat {
  return {
    node: "n2",
    session: 5n,
    echo: OURS,
    sequence: 1,
    ready: true,
    leaving: false,
    stallMs: 0,
    subnets: [],
    claimsVersion: 1,
    chunk: 0,
    chunks: 1,
    claims: [],
    ...changes,
  };
}
