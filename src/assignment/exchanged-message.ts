import { type Ip, printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import { isToRelease } from "./is-to-release.ts";

/** What is said of an address that a Service gives up for another one of its own. */
export function exchangedMessage(service: Pick<Service, "addressesToRelease">, ip: Ip): string {
  const why = isToRelease(service, ip)
    ? "given up, as hawser.dev/release-addresses asks"
    : "exchanged for the requested address or pool";
  return `${printIp(ip)}: ${why}.`;
}
