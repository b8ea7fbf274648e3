import type { NetworkInterfaceInfo } from "node:os";
import { parseIp } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import type { IsOwnEndpoint } from "#src/routing/ingress/backend.ts";
import { hostAddresses } from "./host-addresses.ts";

/** What the program listens on for requests. */
export interface Listening {
  /** Undefined: every address of the host. */
  readonly address: string | undefined;
  readonly ports: ReadonlySet<number>;
  readonly interfaces: () => NodeJS.Dict<readonly NetworkInterfaceInfo[]>;
  /** Milliseconds that never go back. */
  readonly nowMs: () => number;
}

/** Tells which addresses and ports are the program's own. Interfaces are looked at for its own ports alone. */
export function ownEndpoints({ address: bound, ports, interfaces, nowMs }: Listening): IsOwnEndpoint {
  const hasAddress = hostAddresses(interfaces, nowMs);
  return (address, port) => {
    if (!ports.has(port)) return false;
    if (bound !== undefined && bound !== "::" && bound !== "0.0.0.0") return address === bound;
    // For Linux the unspecified address is the host itself.
    const ip = parseIp(address);
    const use = ip && reservedUse(ip);
    return use === "loopback" || use === "unspecified" || hasAddress(address);
  };
}
