import { ErrorCode } from "./error-code.ts";
import { FRAME_HEAD_BYTES, FrameType, writeFrameHead, writeUint32 } from "./frame-head.ts";

/** RFC 9113 section 6.5.2; the last one: RFC 8441. */
export const Setting = {
  HeaderTableSize: 0x1,
  EnablePush: 0x2,
  MaxConcurrentStreams: 0x3,
  InitialWindowSize: 0x4,
  MaxFrameSize: 0x5,
  MaxHeaderListSize: 0x6,
  EnableConnectProtocol: 0x8,
} as const;

const SETTING_BYTES = 6;
/** Of a flow-control window (RFC 9113 section 6.9.1). */
export const MAX_WINDOW_BYTES = 0x7fff_ffff;
/** Of a payload, where nothing else was agreed. */
export const USUAL_FRAME_BYTES = 16_384;
const MOST_FRAME_BYTES = 16_777_215;
/** Of each stream and of the connection, where nothing else was agreed. */
export const USUAL_WINDOW_BYTES = 65_535;
/** Of a dynamic table, where nothing else was agreed. */
export const USUAL_TABLE_BYTES = 4_096;

/** What the other end has said of itself, of that which matters here. */
export class PeerSettings {
  maxStreams = 0xffff_ffff;
  /** Of the dynamic table that it keeps for us. */
  tableBytes = USUAL_TABLE_BYTES;
  windowBytes = USUAL_WINDOW_BYTES;
  frameBytes = USUAL_FRAME_BYTES;
  /** It takes CONNECT with a protocol (RFC 8441). */
  takesProtocols = false;

  /** Takes the payload of a SETTINGS frame; undefined, or why the connection cannot go on. */
  take(bytes: Uint8Array, start: number, end: number): ErrorCode | undefined {
    for (let at = start; at < end; at += SETTING_BYTES) {
      const id = (bytes[at]! << 8) | bytes[at + 1]!;
      const value = bytes[at + 2]! * 0x1_00_00_00 + ((bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!);
      const fault = this.#set(id, value);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #set(id: number, value: number): ErrorCode | undefined {
    switch (id) {
      case Setting.HeaderTableSize:
        this.tableBytes = value;
        return undefined;
      case Setting.EnablePush:
        return value > 1 ? ErrorCode.ProtocolError : undefined;
      case Setting.EnableConnectProtocol:
        this.takesProtocols = value === 1;
        return value > 1 ? ErrorCode.ProtocolError : undefined;
      case Setting.MaxConcurrentStreams:
        this.maxStreams = value;
        return undefined;
      case Setting.InitialWindowSize:
        this.windowBytes = value;
        return value > MAX_WINDOW_BYTES ? ErrorCode.FlowControlError : undefined;
      case Setting.MaxFrameSize:
        this.frameBytes = value;
        return value < USUAL_FRAME_BYTES || value > MOST_FRAME_BYTES ? ErrorCode.ProtocolError : undefined;
      default:
        return undefined;
    }
  }
}

/** A SETTINGS frame. */
export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Uint8Array {
  const length = settings.length * SETTING_BYTES;
  const frame = new Uint8Array(FRAME_HEAD_BYTES + length);
  let at = writeFrameHead(frame, 0, { length, type: FrameType.Settings, flags: 0, stream: 0 });
  for (const [id, value] of settings) {
    frame[at] = id >>> 8;
    frame[at + 1] = id;
    at = writeUint32(frame, at + 2, value);
  }
  return frame;
}
