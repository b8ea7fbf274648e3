/** The letters of `crypt`, which are not those of base64. */
const LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Bytes as `crypt` prints them: three at a time as four letters, the lowest six bits first. Each group lists three
 * positions in `bytes`, the highest first; one of -1 stands for zero bits that print no letter.
 */
export function cryptText(bytes: Uint8Array, groups: readonly (readonly [number, number, number])[]): string {
  return groups.map((group) => groupText(bytes, group)).join("");
}

function groupText(bytes: Uint8Array, group: readonly [number, number, number]): string {
  const [high = 0, middle = 0, low = 0] = group.map((at) => bytes[at] ?? 0);
  const bits = (high << 16) | (middle << 8) | low;
  const letters = group.filter((at) => at !== -1).length + 1;
  return Array.from({ length: letters }, (_, index) => LETTERS[(bits >>> (6 * index)) & 63]).join("");
}
