/** The sum of the bytes as 16-bit words in network order, a last odd byte padded with zero: not folded yet. */
export function sumWords(bytes: Uint8Array): number {
  let sum = 0;
  const even = bytes.length & ~1;
  for (let index = 0; index < even; index += 2) sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  return even === bytes.length ? sum : sum + ((bytes[even] ?? 0) << 8);
}

/**
 * The internet checksum (RFC 1071) of a sum of words: folded to 16 bits and inverted. Over data that holds its own
 * right checksum it is 0. Sums up to 2^48 are exact, so no packet is too long.
 */
export function internetChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}
