import { Flag, type FrameHead, readUint31 } from "./frame-head.ts";

const PRIORITY_BYTES = 5;

/** Where a header block lies in a HEADERS frame (RFC 9113 section 6.2). */
export interface HeaderPayload {
  readonly start: number;
  readonly end: number;
  /** The stream that this one depends on, which nothing else is done with; 0: none is named. */
  readonly dependsOn: number;
}

/** Finds the block in a payload, between priority and padding; undefined: there is no room for these (PROTOCOL_ERROR). */
export function headerPayload(
  head: FrameHead,
  bytes: Uint8Array,
  start: number,
  end: number,
): HeaderPayload | undefined {
  const isPadded = head.has(Flag.Padded);
  const hasPriority = head.has(Flag.Priority);
  const priorityAt = start + Number(isPadded);
  const blockStart = priorityAt + (hasPriority ? PRIORITY_BYTES : 0);
  if (blockStart > end) return undefined;
  const blockEnd = isPadded ? end - bytes[start]! : end;
  if (blockEnd < blockStart) return undefined;
  return { start: blockStart, end: blockEnd, dependsOn: hasPriority ? readUint31(bytes, priorityAt) : 0 };
}
