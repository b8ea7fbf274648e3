/** Bytes in an Ethernet address. */
export const MAC_BYTES = 6;

/** The Ethernet address of all hosts on the link. Not to be written to. */
export const BROADCAST_MAC: Uint8Array = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

/** The address that stands for "not known" in ARP requests. Not to be written to. */
export const ZERO_MAC: Uint8Array = new Uint8Array(MAC_BYTES);

/** Reads `02:00:5e:10:00:01`, in either case: six groups of two digits. Undefined for anything else. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(":"), (group) => Number.parseInt(group, 16));
}

/** The address as lower-case hexadecimal groups with colons, whatever its length. */
export function printMac(mac: Uint8Array): string {
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Whether both are the same Ethernet address. */
export function equalMacs(left: Uint8Array, right: Uint8Array): boolean {
  for (let index = 0; index < MAC_BYTES; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** Whether the address means several machines, broadcast included (IEEE 802, the lowest bit of the first byte). */
export function isGroupMac(mac: Uint8Array): boolean {
  return ((mac[0] ?? 0) & 1) === 1;
}

/** Whether the address can be that of one machine. */
export function isMachineMac(mac: Uint8Array): boolean {
  return !isGroupMac(mac) && !equalMacs(mac, ZERO_MAC);
}
