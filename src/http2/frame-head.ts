/** Length, type, flags and stream of a frame (RFC 9113 section 4.1). */
export const FRAME_HEAD_BYTES = 9;

export const FrameType = {
  Data: 0x0,
  Headers: 0x1,
  Priority: 0x2,
  RstStream: 0x3,
  Settings: 0x4,
  PushPromise: 0x5,
  Ping: 0x6,
  GoAway: 0x7,
  WindowUpdate: 0x8,
  Continuation: 0x9,
} as const;

export const Flag = {
  /** Of DATA and HEADERS. */
  EndStream: 0x1,
  /** Of SETTINGS and PING. */
  Ack: 0x1,
  EndHeaders: 0x4,
  Padded: 0x8,
  Priority: 0x20,
} as const;

/** What a frame says of itself. Used again for each. */
export class FrameHead {
  /** Of the payload. */
  length = 0;
  type = 0;
  flags = 0;
  stream = 0;

  /** Reads the FRAME_HEAD_BYTES at a position. The reserved bit is ignored. */
  read(bytes: Uint8Array, at: number): void {
    this.length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    this.type = bytes[at + 3]!;
    this.flags = bytes[at + 4]!;
    this.stream = readUint31(bytes, at + 5);
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }
}

/** Writes the head of a frame; returns the position after it. */
export function writeFrameHead(
  to: Uint8Array,
  at: number,
  { length, type, flags, stream }: Pick<FrameHead, "length" | "type" | "flags" | "stream">,
): number {
  to[at] = length >>> 16;
  to[at + 1] = length >>> 8;
  to[at + 2] = length;
  to[at + 3] = type;
  to[at + 4] = flags;
  return writeUint32(to, at + 5, stream);
}

/** Reads four bytes in network order, without their first bit. */
export function readUint31(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! & 0x7f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Writes four bytes in network order; returns the position after them. */
export function writeUint32(to: Uint8Array, at: number, value: number): number {
  to[at] = value >>> 24;
  to[at + 1] = value >>> 16;
  to[at + 2] = value >>> 8;
  to[at + 3] = value;
  return at + 4;
}
