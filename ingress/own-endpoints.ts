import type { NetworkInterfaceInfo } from "node:os";
import { parseIp } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import type { IsOwnEndpoint } from "#src/routing/backend.ts";

/** What the program listens on for requests. */
export interface Listening {
  /** Undefined: every address of the host. */
  readonly address: string | undefined;
  readonly ports: ReadonlySet<number>;
  readonly interfaces: () => NodeJS.Dict<readonly NetworkInterfaceInfo[]>;
}

/** Tells which addresses and ports are the program's own. Interfaces are looked at for its own ports alone. */
export function ownEndpoints({ address: bound, ports, interfaces }: Listening): IsOwnEndpoint {
  return (address, port) => {
    if (!ports.has(port)) return false;
    if (bound !== undefined && bound !== "::" && bound !== "0.0.0.0") return address === bound;
    // For Linux the unspecified address is the host itself.
    const ip = parseIp(address);
    const use = ip && reservedUse(ip);
    return use === "loopback" || use === "unspecified" || hasAddress(interfaces(), address);
  };
}

function hasAddress(interfaces: NodeJS.Dict<readonly NetworkInterfaceInfo[]>, address: string): boolean {
  return Object.values(interfaces).some((list) => list?.some((one) => one.address === address));
}
