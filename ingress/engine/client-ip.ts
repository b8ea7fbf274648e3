import { type Ip, parseIp } from "#src/ip/address.ts";
import type { Connection } from "#ingress/io/connection.ts";

/** The address at the other end of a connection; undefined where it is none that can be compared. */
export function clientIp({ remoteAddress }: Pick<Connection, "remoteAddress">): Ip | undefined {
  // A link-local address has the name of an interface behind it.
  return parseIp(remoteAddress.replace(/%.*$/, ""));
}
