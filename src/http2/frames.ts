import type { ErrorCode } from "./error-code.ts";
import { Flag, FRAME_HEAD_BYTES, FrameType, writeFrameHead, writeUint32 } from "./frame-head.ts";

/** The settings of the other end hold from now on (RFC 9113 section 6.5.3). */
export const SETTINGS_TAKEN = frameOf({ type: FrameType.Settings, flags: Flag.Ack, stream: 0 }, []);

export function windowFrame(stream: number, bytes: number): Uint8Array {
  return frameOf({ type: FrameType.WindowUpdate, flags: 0, stream }, [bytes]);
}

export function resetFrame(stream: number, code: ErrorCode): Uint8Array {
  return frameOf({ type: FrameType.RstStream, flags: 0, stream }, [code]);
}

export function goAwayFrame(lastStream: number, code: ErrorCode): Uint8Array {
  return frameOf({ type: FrameType.GoAway, flags: 0, stream: 0 }, [lastStream, code]);
}

/** The answer to a PING, or one of our own: with these eight bytes. */
export function pingFrame(bytes: Uint8Array, flags: number): Uint8Array {
  const frame = new Uint8Array(FRAME_HEAD_BYTES + bytes.length);
  const at = writeFrameHead(frame, 0, { length: bytes.length, type: FrameType.Ping, flags, stream: 0 });
  frame.set(bytes, at);
  return frame;
}

/** A frame of numbers of four bytes. */
function frameOf(
  head: { readonly type: number; readonly flags: number; readonly stream: number },
  numbers: readonly number[],
): Uint8Array {
  const length = 4 * numbers.length;
  const frame = new Uint8Array(FRAME_HEAD_BYTES + length);
  let at = writeFrameHead(frame, 0, { ...head, length });
  for (const number of numbers) at = writeUint32(frame, at, number);
  return frame;
}
