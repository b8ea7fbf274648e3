import { joinBytes } from "./encode-attribute.ts";

/** Block types of a pcapng file (draft-ietf-opsawg-pcapng section 4). */
const SECTION_HEADER = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
const VERSION = { major: 1, minor: 0 } as const;
/** All bits set: the length of the section is not said. */
const UNKNOWN_LENGTH = 0xffff_ffff_ffff_ffffn;
const LINKTYPE_ETHERNET = 1;

const OPTION_END = 0;
const OPTION_COMMENT = 1;
const SECTION_PROGRAM = 4;
const INTERFACE_NAME = 2;
const INTERFACE_DESCRIPTION_TEXT = 3;
const INTERFACE_MAC = 6;
const INTERFACE_TIME_RESOLUTION = 9;
const PACKET_FLAGS = 2;

/** The exponent of the unit of times: 10^-9 seconds. */
const NANOSECONDS = 9;
/** Bits 0 and 1 of the flags of a packet. */
const INBOUND = 1;
const OUTBOUND = 2;
/** Type, total length, and total length again. */
const BLOCK_FRAME_BYTES = 12;

/** An Ethernet interface that packets were seen on. */
interface PcapngInterface {
  /** Shown beside each packet. */
  readonly name: string;
  readonly description: string;
  /** Undefined where it is not known. */
  readonly mac: Uint8Array | undefined;
  /** What a reader has to know of it; empty: nothing. */
  readonly comment: string;
}

/** A whole frame. */
interface PcapngPacket {
  /** In the list of the interfaces. */
  readonly interfaceIndex: number;
  /** Nanoseconds since 1970. */
  readonly atNs: bigint;
  readonly isSent: boolean;
  readonly bytes: Uint8Array;
}

/** What a file holds. */
export interface PcapngContent {
  /** The program that writes it. */
  readonly program: string;
  readonly interfaces: readonly PcapngInterface[];
  /** In the order in which they are written. */
  readonly packets: readonly PcapngPacket[];
}

/**
 * A pcapng file (draft-ietf-opsawg-pcapng) of one section in big-endian order: which interface saw a packet, in which direction, and
 * when to the nanosecond. Wireshark and tcpdump read it.
 */
export function encodePcapng({ program, interfaces, packets }: PcapngContent): Uint8Array {
  const blocks = [sectionHeader(program), ...interfaces.map(interfaceDescription), ...packets.map(enhancedPacket)];
  return joinBytes(blocks);
}

function sectionHeader(program: string): Uint8Array {
  const head = joinBytes([u32(BYTE_ORDER_MAGIC), u16(VERSION.major), u16(VERSION.minor), u64(UNKNOWN_LENGTH)]);
  return block(SECTION_HEADER, [head, textOption(SECTION_PROGRAM, program), option(OPTION_END, EMPTY)]);
}

function interfaceDescription({ name, description, mac, comment }: PcapngInterface): Uint8Array {
  // A snap length of 0 sets no limit; the 16 bits before it are reserved.
  const head = joinBytes([u16(LINKTYPE_ETHERNET), u16(0), u32(0)]);
  return block(INTERFACE_DESCRIPTION, [
    head,
    comment === "" ? EMPTY : textOption(OPTION_COMMENT, comment),
    textOption(INTERFACE_NAME, name),
    textOption(INTERFACE_DESCRIPTION_TEXT, description),
    mac === undefined ? EMPTY : option(INTERFACE_MAC, mac),
    option(INTERFACE_TIME_RESOLUTION, Uint8Array.of(NANOSECONDS)),
    option(OPTION_END, EMPTY),
  ]);
}

function enhancedPacket({ interfaceIndex, atNs, isSent, bytes }: PcapngPacket): Uint8Array {
  const lengths = [u32(bytes.length), u32(bytes.length)];
  return block(ENHANCED_PACKET, [
    u32(interfaceIndex),
    // The upper half first: as a number of 64 bits in big-endian order.
    u64(atNs),
    ...lengths,
    padded(bytes),
    option(PACKET_FLAGS, u32(isSent ? OUTBOUND : INBOUND)),
    option(OPTION_END, EMPTY),
  ]);
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = joinBytes(parts);
  const length = u32(BLOCK_FRAME_BYTES + body.length);
  return joinBytes([u32(type), length, body, length]);
}

const EMPTY = new Uint8Array(0);

/** The length of an option has 16 bits: a longer text is cut. */
const MAX_OPTION_BYTES = 0xffff;

function option(code: number, value: Uint8Array): Uint8Array {
  return joinBytes([u16(code), u16(value.length), padded(value)]);
}

function textOption(code: number, text: string): Uint8Array {
  return option(code, new TextEncoder().encode(text).subarray(0, MAX_OPTION_BYTES));
}

/** With zeros up to a multiple of 32 bits. */
function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function u64(value: bigint): Uint8Array {
  return joinBytes([u32(Number(value >> 32n)), u32(Number(value & 0xffff_ffffn))]);
}
