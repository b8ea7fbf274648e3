import { internetChecksum, sumWords } from "./checksum.ts";

/** Version 2 and the type advertisement in one byte, the first of VRRP's version 2 as well. */
const FIRST = 0x21;
/** All bytes, and how many words of them are a counter and a digest: no message of VRRP has both numbers. */
const CARP_BYTES = 36;
const AUTHENTICATION_WORDS = 7;

const VIRTUAL_ROUTER = 1;
const WORDS = 3;
const BASE = 5;

/** A CARP advertisement (ip_carp.h of OpenBSD and FreeBSD). Its addresses are in a digest alone, which takes a password to check. */
export interface CarpMessage {
  /** The number of the virtual router (VHID), 1 to 255. */
  readonly id: number;
  /** Milliseconds until the next one, without what slows down a machine that is not preferred: less than a second. */
  readonly intervalMs: number;
}

/** Reads the advertisement that is the whole payload of a packet of either family. Undefined for all else, and where its checksum is wrong. */
export function decodeCarp(bytes: Uint8Array): CarpMessage | undefined {
  if (bytes.length !== CARP_BYTES || bytes[0] !== FIRST || bytes[WORDS] !== AUTHENTICATION_WORDS) return undefined;
  const id = bytes[VIRTUAL_ROUTER] ?? 0;
  if (id === 0 || internetChecksum(sumWords(bytes)) !== 0) return undefined;
  return { id, intervalMs: (bytes[BASE] ?? 0) * 1_000 };
}
