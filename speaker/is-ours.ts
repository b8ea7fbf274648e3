import { type Ip, printIp } from "#src/ip/address.ts";
import type { AnnouncerView } from "./announcer.ts";

/** Whether a Service has the address, or a pool may assign it. */
export function isOurs(ip: Ip, { wanted, poolOf }: Pick<AnnouncerView, "wanted" | "poolOf">): boolean {
  return wanted.has(printIp(ip)) || poolOf(ip) !== undefined;
}
