import { bitsOf, type Family, type Ip, ipFromBytes, ipToBytes } from "#src/ip/address.ts";
import { type Cidr, cidrOf } from "#src/ip/cidr.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { readRelayHead, type RelayHead, writeRelayHead } from "./relay-head.ts";
import { seal, SEAL_BYTES, type SealFault, unseal } from "./seal.ts";

// The body of the sealed datagram, all integers in network order:
//
//   flags 1 | stall 1, in steps of 10 ms | session 8 | echo 8 | sequence 6 | claims version 4 | chunk 2 | chunks 2
//   | name length 1 | name | subnets 1 | per subnet: family 1, prefix length 1, base 4 or 16
//   | claims 1 | per claim: family (and majority bit) 1, term 4, address 4 or 16
//
// Version 2 adds:
//
//   every 2, in milliseconds | known version 4 | silent members 1 | per silent member: session 8
//
// Version 3 adds:
//
//   asked 1 | per member asked for: id 8
//
// Version 4 is a heartbeat of another speaker, passed on: its head (relay-head.ts), then its body of version 2 or 3.

/** Longest datagram: with IPv6 and UDP headers it fits the smallest MTU of IPv6 (1,280), so it is never fragmented. */
export const HEARTBEAT_BYTES = 1_200;

/** Most claims in one datagram: with the longest node name, 16 IPv6 subnets and IPv6 claims it has 1,185 bytes, in version 3 1,186. */
export const CLAIMS_PER_HEARTBEAT = 28;

/** Most subnets in one datagram. */
export const SUBNETS_PER_HEARTBEAT = 16;

/** Most silent members in one datagram; fewer where it would become too long, and at least one. */
const SILENT_PER_HEARTBEAT = 32;
const SESSION_BYTES = 8;
/** Most members asked for in one datagram; fewer, or none, where it would become too long. */
export const ASKED_PER_HEARTBEAT = 4;
const ID_BYTES = 8;
/** A relayed heartbeat of the full length with its head: it fits the smallest MTU of IPv6, with the headers, as well. */
const RELAY_BYTES = HEARTBEAT_BYTES + 27;
/** An age or a promise has 16 bits. */
const MOST_MS = 0xffff;

/** Longest name of a Kubernetes object (RFC 1123 subdomain). */
const NODE_BYTES = 253;

const READY_BIT = 1;
const LEAVING_BIT = 2;
/** From version 2 on. */
const DEAF_BIT = 4;
/** Stalls are reported in steps of so many milliseconds. */
const STALL_STEP_MS = 10;
/** The longest stall that can be reported; a longer one counts as this. */
export const MAX_STALL_MS = 255 * STALL_STEP_MS;
const IPV4 = 4;
const IPV6 = 6;
const MAJORITY_BIT = 0x80;

/** A speaker's word that it answers for an address. */
export interface Claim {
  readonly ip: Ip;
  /** Rises with each take-over of the address, 1 to 2^32 - 1. */
  readonly term: number;
  /** The claimant saw a majority of the known members when it claimed. */
  readonly majority: boolean;
}

/** What version 2 says to one receiver, so that not each speaker has to watch each other one closely. */
export interface WatchWords {
  /** The next heartbeat for the receiver follows within so many milliseconds, 1 to 65,535. */
  readonly everyMs: number;
  /** The version of the receiver's claims that the sender knows completely; 0: of none. */
  readonly knownVersion: number;
  /** The sender does not hear the receiver, whose heartbeats it expects. */
  readonly isDeaf: boolean;
  /**
   * Sessions of members that fell silent while the sender watched them closely. Those that a datagram has no room for are
   * left out, the last ones first.
   */
  readonly silent: readonly bigint[];
  /**
   * Ids (`memberId`) of members that the sender does not hear itself: the receiver is to pass the last heartbeat of each of them on,
   * if it hears them. Left out: none, and the heartbeat is of version 2. Those that a datagram has no room for are left out.
   */
  readonly asked?: readonly bigint[];
}

/** What speakers tell each other, some tens of milliseconds apart, as a UDP payload. */
export interface Heartbeat {
  /** The sender's node name, 1 to 253 bytes of UTF-8. */
  readonly node: string;
  /** 64 random bits, not zero, new at each start of the process. */
  readonly session: bigint;
  /** The receiver's session as last heard by the sender; 0n when not yet heard. */
  readonly echo: bigint;
  /** Strictly increasing within a session, below 2^48. */
  readonly sequence: number;
  /** The sender may be elected. */
  readonly ready: boolean;
  /** The sender is shutting down: elect another speaker. */
  readonly leaving: boolean;
  /** The longest time for which the sender did not run lately, in milliseconds, rounded up to 10: 0 to MAX_STALL_MS. */
  readonly stallMs: number;
  /** Networks of the sender's live interfaces, at most SUBNETS_PER_HEARTBEAT. */
  readonly subnets: readonly Cidr[];
  /** Changes with the set of claims; 32 bits. */
  readonly claimsVersion: number;
  /** This datagram carries chunk `chunk`, from 0, of the `chunks` that hold all claims: 1 to 65,535. */
  readonly chunk: number;
  readonly chunks: number;
  /** At most CLAIMS_PER_HEARTBEAT. */
  readonly claims: readonly Claim[];
  /** Left out: the heartbeat is of version 1, and the next one follows an interval later. */
  readonly watch?: WatchWords;
}

/**
 * Whether the speaker of a session reads heartbeats of version 2: then its session number is even. Speakers of version 1 have
 * odd ones, and refuse what is newer than they are.
 */
export function readsVersion2(session: bigint): boolean {
  return session !== 0n && (session & 1n) === 0n;
}

/**
 * Whether the speaker of a session reads version 3 and passes heartbeats on: then its session number is a multiple of four. Those
 * of speakers that read version 2 alone are not.
 */
export function readsVersion3(session: bigint): boolean {
  return session !== 0n && (session & 3n) === 0n;
}

/** A heartbeat's own bytes, without a seal, to be passed on. */
export interface HeartbeatBody {
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** A heartbeat as it came. */
export interface ReceivedHeartbeat {
  readonly heartbeat: Heartbeat;
  /** A view of the datagram. */
  readonly body: HeartbeatBody;
  /** Another speaker passed it on; left out: its sender sent it itself. */
  readonly relay?: RelayHead;
}

/** Why a datagram is refused: a closed set, also the metric label. */
export type HeartbeatFault = SealFault | "malformed";

export type DecodedHeartbeat =
  | ({ readonly ok: true } & ReceivedHeartbeat)
  | { readonly ok: false; readonly reason: HeartbeatFault };

/** Writes a heartbeat, signed with the key. Throws a RangeError if a field is out of its range: that is a bug of ours. */
export function encodeHeartbeat(heartbeat: Heartbeat, key: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(heartbeat.node);
  checkRanges(heartbeat, name.length);
  const writer = new ByteWriter(HEARTBEAT_BYTES);
  writer.u8(flagsOf(heartbeat));
  writer.u8(Math.ceil(heartbeat.stallMs / STALL_STEP_MS));
  writer.u64(heartbeat.session);
  writer.u64(heartbeat.echo);
  writer.u48(heartbeat.sequence);
  writer.u32(heartbeat.claimsVersion);
  writer.u16(heartbeat.chunk);
  writer.u16(heartbeat.chunks);
  writer.u8(name.length);
  writer.raw(name);
  writer.u8(heartbeat.subnets.length);
  for (const subnet of heartbeat.subnets) writeSubnet(writer, subnet);
  writer.u8(heartbeat.claims.length);
  for (const claim of heartbeat.claims) writeClaim(writer, claim);
  if (heartbeat.watch === undefined) return seal(writer.written(), key, 1);
  const { asked = [] } = heartbeat.watch;
  writeWatch(writer, heartbeat.watch, asked.length === 0 ? 0 : 1);
  if (asked.length === 0) return seal(writer.written(), key, 2);
  const room = Math.floor((roomIn(writer) - 1) / ID_BYTES);
  const said = asked.slice(0, Math.min(room, ASKED_PER_HEARTBEAT));
  writer.u8(said.length);
  for (const id of said) writer.u64(id);
  return seal(writer.written(), key, 3);
}

/** Passes a heartbeat on, signed with the key. Times that are too long for their field count as the longest. */
export function encodeRelay(head: Omit<RelayHead, "version">, body: HeartbeatBody, key: Uint8Array): Uint8Array {
  const writer = new ByteWriter(RELAY_BYTES);
  const [ageMs, everyMs] = [head.ageMs, head.everyMs].map((ms) => Math.min(MOST_MS, Math.ceil(ms)));
  writeRelayHead(writer, { ...head, ageMs: ageMs ?? 0, everyMs: Math.max(1, everyMs ?? 0), version: body.version });
  writer.raw(body.bytes);
  return seal(writer.written(), key, 4);
}

function roomIn(writer: ByteWriter): number {
  return HEARTBEAT_BYTES - SEAL_BYTES - writer.written().length;
}

function flagsOf({ ready, leaving, watch }: Heartbeat): number {
  return (ready ? READY_BIT : 0) | (leaving ? LEAVING_BIT : 0) | (watch?.isDeaf === true ? DEAF_BIT : 0);
}

/** `kept`: bytes to leave room for behind it. */
function writeWatch(writer: ByteWriter, { everyMs, knownVersion, silent }: WatchWords, kept: number): void {
  writer.u16(everyMs);
  writer.u32(knownVersion);
  const room = Math.floor((roomIn(writer) - 1 - kept) / SESSION_BYTES);
  const said = silent.slice(0, Math.min(room, SILENT_PER_HEARTBEAT));
  writer.u8(said.length);
  for (const session of said) writer.u64(session);
}

/**
 * Reads a heartbeat signed with any of the keys (more than one while a key is being replaced). The body is looked at
 * only after the signature has been found right. Never throws.
 */
export function decodeHeartbeat(bytes: Uint8Array, keys: readonly Uint8Array[]): DecodedHeartbeat {
  const unsealed = unseal(bytes, keys);
  if (!unsealed.ok) return unsealed;
  const { version, body } = unsealed;
  const received = version === RELAYED ? readRelayed(body) : readReceived({ version, bytes: body });
  return received === undefined ? { ok: false, reason: "malformed" } : { ok: true, ...received };
}

/** The version of a heartbeat that is passed on. */
const RELAYED = 4;

function readReceived(body: HeartbeatBody): ReceivedHeartbeat | undefined {
  const heartbeat = readBody(new ByteReader(body.bytes), body.version);
  return heartbeat && { heartbeat, body };
}

function readRelayed(bytes: Uint8Array): ReceivedHeartbeat | undefined {
  const reader = new ByteReader(bytes);
  const relay = readRelayHead(reader);
  if (relay === undefined || !reader.isIntact) return undefined;
  const received = readReceived({ version: relay.version, bytes: reader.rest() });
  return received && { ...received, relay };
}

function checkRanges(heartbeat: Heartbeat, nameBytes: number): void {
  const { stallMs, session, echo, sequence, claimsVersion, chunk, chunks, subnets, claims, watch } = heartbeat;
  const checks: readonly (readonly [string, boolean])[] = [
    ["node", nameBytes >= 1 && nameBytes <= NODE_BYTES],
    ["stallMs", stallMs >= 0 && stallMs <= MAX_STALL_MS],
    ["session", session > 0n && session < 1n << 64n],
    ["echo", echo >= 0n && echo < 1n << 64n],
    ["sequence", isBelow(sequence, 2 ** 48)],
    ["claimsVersion", isBelow(claimsVersion, 2 ** 32)],
    ["chunks", isBelow(chunks, 2 ** 16) && chunks >= 1],
    ["chunk", isBelow(chunk, chunks)],
    ["subnets", subnets.length <= SUBNETS_PER_HEARTBEAT],
    ["claims", claims.length <= CLAIMS_PER_HEARTBEAT],
    ["term", claims.every(({ term }) => isBelow(term, 2 ** 32) && term >= 1)],
    ["everyMs", watch === undefined || (isBelow(watch.everyMs, 2 ** 16) && watch.everyMs >= 1)],
    ["knownVersion", watch === undefined || isBelow(watch.knownVersion, 2 ** 32)],
  ];
  const wrong = checks.find(([, isRight]) => !isRight)?.[0];
  if (wrong !== undefined) throw new RangeError(`Cannot encode heartbeat: ${wrong} is out of range`);
}

function isBelow(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < limit;
}

function readBody(reader: ByteReader, version: number): Heartbeat | undefined {
  const flags = reader.u8();
  const fixed = {
    stallMs: reader.u8() * STALL_STEP_MS,
    session: reader.u64(),
    echo: reader.u64(),
    sequence: reader.u48(),
    ready: (flags & READY_BIT) !== 0,
    leaving: (flags & LEAVING_BIT) !== 0,
    claimsVersion: reader.u32(),
    chunk: reader.u16(),
    chunks: reader.u16(),
  };
  const node = readName(reader);
  const subnets = readList(reader, SUBNETS_PER_HEARTBEAT, readSubnet);
  const claims = readList(reader, CLAIMS_PER_HEARTBEAT, readClaim);
  const watch = version === 1 ? undefined : readWatch(reader, version, (flags & DEAF_BIT) !== 0);
  const known = READY_BIT | LEAVING_BIT | (version === 1 ? 0 : DEAF_BIT);
  if (!reader.isIntact || !reader.isAtEnd || (flags & ~known) !== 0) return undefined;
  if (node === undefined || subnets === undefined || claims === undefined) return undefined;
  if (fixed.session === 0n || fixed.chunk >= fixed.chunks) return undefined;
  if (version === 1) return { ...fixed, node, subnets, claims };
  return watch && { ...fixed, node, subnets, claims, watch };
}

function readWatch(reader: ByteReader, version: number, isDeaf: boolean): WatchWords | undefined {
  const [everyMs, knownVersion] = [reader.u16(), reader.u32()];
  const silent = readList(reader, SILENT_PER_HEARTBEAT, (from) => from.u64() || undefined);
  const asked = version === 2 ? [] : readList(reader, ASKED_PER_HEARTBEAT, (from) => from.u64());
  if (everyMs === 0 || silent === undefined || asked === undefined) return undefined;
  return { everyMs, knownVersion, isDeaf, silent, ...(asked.length === 0 ? {} : { asked }) };
}

function readName(reader: ByteReader): string | undefined {
  const length = reader.u8();
  const bytes = reader.raw(length);
  if (length === 0 || length > NODE_BYTES) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readList<T>(
  reader: ByteReader,
  most: number,
  read: (reader: ByteReader) => T | undefined,
): readonly T[] | undefined {
  const count = reader.u8();
  if (count > most) return undefined;
  const values: T[] = [];
  for (let index = 0; index < count; index++) {
    const value = read(reader);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function writeSubnet(writer: ByteWriter, { family, base, prefixLength }: Cidr): void {
  writer.u8(family === "ipv4" ? IPV4 : IPV6);
  writer.u8(prefixLength);
  writer.raw(ipToBytes({ family, value: base }));
}

function readSubnet(reader: ByteReader): Cidr | undefined {
  const family = familyOf(reader.u8());
  if (family === undefined) return undefined;
  const prefixLength = reader.u8();
  const ip = readIp(reader, family);
  const cidr = cidrOf(ip, prefixLength);
  return cidr?.base === ip.value ? cidr : undefined;
}

function writeClaim(writer: ByteWriter, { ip, term, majority }: Claim): void {
  writer.u8((ip.family === "ipv4" ? IPV4 : IPV6) | (majority ? MAJORITY_BIT : 0));
  writer.u32(term);
  writer.raw(ipToBytes(ip));
}

function readClaim(reader: ByteReader): Claim | undefined {
  const head = reader.u8();
  const family = familyOf(head & ~MAJORITY_BIT);
  if (family === undefined) return undefined;
  const term = reader.u32();
  const ip = readIp(reader, family);
  return term === 0 ? undefined : { ip, term, majority: (head & MAJORITY_BIT) !== 0 };
}

function readIp(reader: ByteReader, family: Family): Ip {
  return ipFromBytes(reader.raw(bitsOf(family) / 8));
}

function familyOf(byte: number): Family | undefined {
  if (byte === IPV4) return "ipv4";
  return byte === IPV6 ? "ipv6" : undefined;
}
