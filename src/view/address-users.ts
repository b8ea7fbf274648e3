import { type Ip, printIp } from "#src/ip/address.ts";
import { isOurService, type ServiceClass } from "#src/model/service-class.ts";
import type { Service } from "#src/model/service.ts";

/** Our Services that have an address in their status. */
export type AddressUsers = (ip: Ip) => readonly Service[];

/** Finds among Services those of ours that have an address. */
export function addressUsers(services: Iterable<Service>, ours: ServiceClass): AddressUsers {
  const users = new Map<string, Service[]>();
  for (const service of services)
    if (isOurService(service, ours))
      for (const ip of service.assignedAddresses) {
        const text = printIp(ip);
        users.set(text, [...(users.get(text) ?? []), service]);
      }
  return (ip) => users.get(printIp(ip)) ?? [];
}
