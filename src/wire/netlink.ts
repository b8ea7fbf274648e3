// The kernel speaks netlink in the machine's own byte order; both processors we run on (x64, arm64) are little-endian.

/** struct nlmsghdr (RFC 3549 section 2.2): lengths and offsets in bytes. */
const HEADER = { length: 0, type: 4, flags: 6, sequence: 8, portId: 12, end: 16 } as const;
/** struct rtattr: a length that counts itself, a type, a value. */
const ATTRIBUTE_HEADER_BYTES = 4;
/** Messages and attributes start on 4-byte boundaries. */
const ALIGNMENT = 4;
/** The two top bits of an attribute's type say "nested" and "network byte order"; the rest is the type. */
const ATTRIBUTE_TYPE_MASK = 0x3fff;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLM_F_REQUEST = 0x1;
export const NLM_F_DUMP = 0x300;
/** On an answer to a dump: things changed meanwhile, so the dump may be inconsistent. */
export const NLM_F_DUMP_INTR = 0x10;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Whom the message is for, or who asked; 0 is the kernel. */
  readonly portId: number;
  readonly payload: Uint8Array;
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The bytes of one message, padded to the alignment. */
export function encodeNetlinkMessage(message: NetlinkMessage): Uint8Array {
  const length = HEADER.end + message.payload.length;
  const bytes = new Uint8Array(aligned(length));
  const view = viewOf(bytes);
  view.setUint32(HEADER.length, length, true);
  view.setUint16(HEADER.type, message.type, true);
  view.setUint16(HEADER.flags, message.flags, true);
  view.setUint32(HEADER.sequence, message.sequence, true);
  view.setUint32(HEADER.portId, message.portId, true);
  bytes.set(message.payload, HEADER.end);
  return bytes;
}

/**
 * The messages of one datagram, their payloads views into it. Stops at the first message whose length does not fit,
 * so that a broken datagram yields what stands before the break.
 */
export function decodeNetlinkMessages(bytes: Uint8Array): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  const view = viewOf(bytes);
  for (let start = 0; start + HEADER.end <= bytes.length;) {
    const length = view.getUint32(start + HEADER.length, true);
    if (length < HEADER.end || start + length > bytes.length) break;
    messages.push({
      type: view.getUint16(start + HEADER.type, true),
      flags: view.getUint16(start + HEADER.flags, true),
      sequence: view.getUint32(start + HEADER.sequence, true),
      portId: view.getUint32(start + HEADER.portId, true),
      payload: bytes.subarray(start + HEADER.end, start + length),
    });
    start += aligned(length);
  }
  return messages;
}

/** The errno inside an NLMSG_ERROR or NLMSG_DONE payload, positive; 0 is success, and so is a payload without one. */
export function decodeNetlinkErrno(payload: Uint8Array): number {
  return payload.length < 4 ? 0 : Math.abs(viewOf(payload).getInt32(0, true));
}

/** Attributes by type, values as views; of two with one type the last counts. Stops where a length does not fit. */
export function decodeAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const attributes = new Map<number, Uint8Array>();
  const view = viewOf(bytes);
  for (let start = 0; start + ATTRIBUTE_HEADER_BYTES <= bytes.length;) {
    const length = view.getUint16(start, true);
    if (length < ATTRIBUTE_HEADER_BYTES || start + length > bytes.length) break;
    const type = view.getUint16(start + 2, true) & ATTRIBUTE_TYPE_MASK;
    attributes.set(type, bytes.subarray(start + ATTRIBUTE_HEADER_BYTES, start + length));
    start += aligned(length);
  }
  return attributes;
}
