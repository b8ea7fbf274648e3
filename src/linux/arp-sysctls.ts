import { readFileSync } from "node:fs";

/** How the kernel answers and asks by ARP on an interface (Documentation/networking/ip-sysctl.rst). */
export interface ArpSysctls {
  /** 0: answers for any address of the machine; 1, 2: only for those of the interface; 3: as 0, but for scope host; 8: never. */
  readonly ignore: number;
  /** 2: never asks in the name of an address that is not of the interface. */
  readonly announce: number;
}

const FOLDER = "/proc/sys/net/ipv4/conf";

/** What applies on an interface: the larger of its own value and that of all interfaces. 0 where it is unknown. */
export function readArpSysctls(interfaceName: string): ArpSysctls {
  const inForce = (name: string): number =>
    Math.max(...["all", interfaceName].map((folder) => readNumber(`${FOLDER}/${folder}/${name}`)));
  return { ignore: inForce("arp_ignore"), announce: inForce("arp_announce") };
}

function readNumber(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10) || 0;
  } catch {
    return 0; // the interface is gone, or the machine has no IPv4
  }
}
