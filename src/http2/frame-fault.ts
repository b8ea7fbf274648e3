import { ErrorCode } from "./error-code.ts";
import { Flag, type FrameHead, FrameType } from "./frame-head.ts";

/** Payloads of one length only, by type. */
const LENGTHS: Readonly<Record<number, number>> = {
  [FrameType.Priority]: 5,
  [FrameType.RstStream]: 4,
  [FrameType.Ping]: 8,
  [FrameType.WindowUpdate]: 4,
};
const SETTING_BYTES = 6;
const GO_AWAY_BYTES = 8;

/** Frames about the connection, and those about one of its streams; WINDOW_UPDATE may be either. */
const OF_CONNECTION: ReadonlySet<number> = new Set([FrameType.Settings, FrameType.Ping, FrameType.GoAway]);
const OF_STREAM: ReadonlySet<number> = new Set([
  FrameType.Data,
  FrameType.Headers,
  FrameType.Priority,
  FrameType.RstStream,
  FrameType.PushPromise,
  FrameType.Continuation,
]);

/** Why a frame cannot be right whatever came before it: an error of the connection; undefined where it may be (RFC 9113 sections 4.2 and 6). */
export function frameFault(head: FrameHead, maxFrameBytes: number): ErrorCode | undefined {
  const { type, length, stream } = head;
  if (length > maxFrameBytes || !isLengthRight(head)) return ErrorCode.FrameSizeError;
  if (stream === 0 ? OF_STREAM.has(type) : OF_CONNECTION.has(type)) return ErrorCode.ProtocolError;
  return undefined;
}

function isLengthRight(head: FrameHead): boolean {
  const { type, length } = head;
  if (type === FrameType.Settings) return head.has(Flag.Ack) ? length === 0 : length % SETTING_BYTES === 0;
  if (type === FrameType.GoAway) return length >= GO_AWAY_BYTES;
  return LENGTHS[type] === undefined || LENGTHS[type] === length;
}
