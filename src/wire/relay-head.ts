import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

// The head of a relayed heartbeat, integers in network order; the body of the heartbeat follows, as its sender wrote it:
//
//   session 8 | echo 8 | sequence 6 | age 2, in milliseconds | every 2, in milliseconds | version of the body 1

/** What a speaker puts before the heartbeat of another one that it passes on. */
export interface RelayHead {
  /** Of the speaker that passes it on. */
  readonly session: bigint;
  /** The receiver's session as last heard by that speaker. */
  readonly echo: bigint;
  /** Above all others of its session, heartbeats included; below 2^48. */
  readonly sequence: number;
  /** For how long it has had the heartbeat, in milliseconds, 0 to 65,535. */
  readonly ageMs: number;
  /** It will have a newer one for the receiver within so many milliseconds, 1 to 65,535, while both speak. */
  readonly everyMs: number;
  /** Of the body that follows: 2 or 3. */
  readonly version: number;
}

/** Version 1 says too little of itself to be passed on. */
const VERSIONS: readonly number[] = [2, 3];

/** Writes a head whose fields are in their ranges. */
export function writeRelayHead(writer: ByteWriter, head: RelayHead): void {
  writer.u64(head.session);
  writer.u64(head.echo);
  writer.u48(head.sequence);
  writer.u16(head.ageMs);
  writer.u16(head.everyMs);
  writer.u8(head.version);
}

/** Undefined if a field is out of its range; whether there were enough bytes the reader says. */
export function readRelayHead(reader: ByteReader): RelayHead | undefined {
  const head = {
    session: reader.u64(),
    echo: reader.u64(),
    sequence: reader.u48(),
    ageMs: reader.u16(),
    everyMs: reader.u16(),
    version: reader.u8(),
  };
  return head.session === 0n || head.everyMs === 0 || !VERSIONS.includes(head.version) ? undefined : head;
}
