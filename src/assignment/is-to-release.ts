import { includesIp, type Ip } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";

/** Whether the Service is to give the address up, and is not given it. A request for exactly this address comes before that. */
export function isToRelease({ addressesToRelease }: Pick<Service, "addressesToRelease">, ip: Ip): boolean {
  return includesIp(addressesToRelease, ip);
}
