import { compareIps, type Family, type Ip } from "#src/ip/address.ts";
import {
  encodeProgram,
  type Instruction,
  jumpIf,
  load,
  MAX_INSTRUCTIONS,
  type Program,
  returns,
  skipIf,
} from "./encode-program.ts";
import { matchWords } from "./match-words.ts";

/** Not a place in the frame: the kernel answers whom it is for (SKF_AD_OFF + SKF_AD_PKTTYPE in linux/filter.h). */
export const PACKET_TYPE = -0x1000 + 4;

/**
 * The last of the packet types to us (linux/if_packet.h): host 0, broadcast 1, multicast 2. Above it are those to other
 * machines, and with them frames of a VLAN that has no interface here: the kernel takes their tag off and hands them
 * to this socket, where nothing else tells them from untagged ones.
 */
export const PACKET_MULTICAST = 2;

/** To this machine alone. */
const PACKET_HOST = 0;

/** Drops the frame if it is for another machine. */
export function requireForUs(): Program {
  const isOther = { when: false, over: [returns(0)] };
  return [load("loadWord", PACKET_TYPE), ...skipIf("jumpIfGreater", PACKET_MULTICAST, isOther)];
}

/** Drops the frame if it is for another machine, or for more than this one. */
export function requireUnicast(): Program {
  return requireEqual(load("loadWord", PACKET_TYPE), PACKET_HOST);
}

/** Drops the frame unless what is loaded has the value. */
export function requireEqual(from: Instruction, value: number): Program {
  return [from, ...skipIf("jumpIfEqual", value, { when: true, over: [returns(0)] })];
}

/** Drops the frame if what is loaded has the value. */
export function refuseEqual(from: Instruction, value: number): Program {
  return [from, ...skipIf("jumpIfEqual", value, { when: false, over: [returns(0)] })];
}

/** Drops the frame unless what is loaded has one of the values: a few. */
export function requireOneOf(from: Instruction, values: readonly number[]): Program {
  const tests = values.map((value, index) => jumpIf("jumpIfEqual", value, [values.length - index, 0]));
  return [from, ...tests, returns(0)];
}

interface MatchedAddress {
  /** Only addresses of this family are looked for. */
  readonly family: Family;
  /** Where in the frame the address stands. */
  readonly at: number;
  /** How much of a matching frame to keep. */
  readonly keepBytes: number;
}

/**
 * The filter that keeps frames which pass the checks and have one of the addresses in them: an array of struct sock_filter. Too many
 * for the kernel's limit on instructions: it keeps all that pass the checks. None: it keeps nothing.
 */
export function buildFilter(
  checks: Program,
  addresses: readonly Ip[],
  { family, at, keepBytes }: MatchedAddress,
): Uint8Array {
  const words = wordsOf(addresses, family);
  if (words.length === 0) return encodeProgram([returns(0)]);
  const byOperation = [...checks, returns(keepBytes)];
  // Each address takes at least one instruction: do not even try.
  if (words.length > MAX_INSTRUCTIONS) return encodeProgram(byOperation);
  const byAddress = [...checks, ...matchWords(words, { at, keepBytes })];
  return encodeProgram(byAddress.length <= MAX_INSTRUCTIONS ? byAddress : byOperation);
}

/** The different addresses of one family, sorted, each as 32-bit words in network order. */
function wordsOf(addresses: readonly Ip[], family: Family): readonly (readonly number[])[] {
  const sorted = addresses.filter((ip) => ip.family === family).sort(compareIps);
  return sorted.filter(({ value }, index) => value !== sorted[index - 1]?.value).map(wordsOfIp);
}

/** An address as 32-bit words in network order. */
export function wordsOfIp({ family, value }: Ip): readonly number[] {
  if (family === "ipv4") return [Number(value)];
  return WORD_SHIFTS.map((shift) => Number((value >> shift) & 0xffff_ffffn));
}

const WORD_SHIFTS = [96n, 64n, 32n, 0n];
