import type { Problem } from "#src/model/problem.ts";
import { findPortOwner } from "#src/process/port-owner.ts";

/** Why the UDP port of the heartbeats cannot be bound, for the log and /readyz. */
export async function heartbeatPortProblem(error: NodeJS.ErrnoException, port: number): Promise<Problem> {
  const place = {
    at: { kind: "part", name: "heartbeats" },
    what: `Cannot listen on UDP port ${port}`,
    severity: "error",
  } as const;
  if (error.code === "EADDRINUSE") {
    const owner = await findPortOwner(port, "0.0.0.0", "udp");
    const who =
      owner === undefined
        ? `another process ("ss -ulnp sport = :${port}" shows it)`
        : `${owner.name} (process ${owner.pid})`;
    const fix =
      "Stop that process, or give all speakers another --heartbeat-port; Hawser tries again until the port is free";
    return { ...place, code: "PORT_IN_USE", why: `${who} has UDP port ${port} already`, fix };
  }
  if (error.code === "EACCES" || error.code === "EPERM") {
    const fix = "Give the speaker CAP_NET_BIND_SERVICE, or all speakers a --heartbeat-port from 1024 up";
    return { ...place, code: "PORT_FORBIDDEN", why: `the system forbids the port (${error.code})`, fix };
  }
  const fix = "Fix what the message names; Hawser tries again";
  return { ...place, code: "LISTEN_FAILED", why: error.message, fix };
}

/** Why no packet socket can be opened on a link, for the log and /readyz. */
export function packetSocketProblem(error: NodeJS.ErrnoException, link: string): Problem {
  const place = {
    at: { kind: "interface", name: link },
    what: "Cannot open a packet socket",
    severity: "error",
  } as const;
  if (error.code === "EPERM" || error.code === "EACCES") {
    const why = "the program lacks the capability CAP_NET_RAW";
    const fix = "Run the speaker as root, or give it CAP_NET_RAW (capabilities: { add: [NET_RAW] } in a pod)";
    return { ...place, code: "PACKET_SOCKET_REFUSED", why, fix };
  }
  const fix = "Fix what the message names, or leave the interface out by --interfaces; Hawser tries again";
  return { ...place, code: "PACKET_SOCKET_REFUSED", why: error.message, fix };
}
