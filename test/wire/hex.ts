/** Bytes from hexadecimal digits; spaces and line ends between them group fields. Throws if anything else is in it. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, "");
  if (!/^(?:[0-9a-f]{2})*$/.test(digits)) throw new Error(`Cannot read bytes "${text}"`);
  return Uint8Array.from(Buffer.from(digits, "hex"));
}
