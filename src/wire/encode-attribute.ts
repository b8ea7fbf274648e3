/** struct nlattr: a length that counts itself, a type, a value padded to 4 bytes. */
const HEADER_BYTES = 4;
const ALIGNMENT = 4;
/** NLA_F_NESTED: the value is a list of attributes. */
const NESTED = 0x8000;

/** An attribute with these bytes. The header is in the byte order of the machine, which is little-endian on all that we run on. */
export function encodeAttribute(type: number, value: Uint8Array): Uint8Array {
  const length = HEADER_BYTES + value.length;
  const bytes = new Uint8Array(Math.ceil(length / ALIGNMENT) * ALIGNMENT);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, true);
  view.setUint16(2, type, true);
  bytes.set(value, HEADER_BYTES);
  return bytes;
}

/** An attribute that holds others. */
export function encodeNested(type: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  return encodeAttribute(type | NESTED, joinBytes(attributes));
}

/** A text that ends with a zero. */
export function encodeText(type: number, text: string): Uint8Array {
  return encodeAttribute(type, new TextEncoder().encode(`${text}\0`));
}

/** 32 bits in network order. */
export function encodeU32(type: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return encodeAttribute(type, bytes);
}

/** 64 bits in network order. */
export function encodeU64(type: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return encodeAttribute(type, bytes);
}

/** One behind the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
