import { windowFrame } from "#src/http2/frames.ts";
import { Setting, settingsFrame, USUAL_WINDOW_BYTES } from "#src/http2/settings.ts";
import { HTTP2_BOUNDS } from "./http2-bounds.ts";

/** What the proxy says of itself when a connection begins: its settings, and the window of the connection. */
export function firstFrames(headBytes: number): Uint8Array {
  const settings = settingsFrame([
    [Setting.MaxConcurrentStreams, HTTP2_BOUNDS.streams],
    [Setting.InitialWindowSize, HTTP2_BOUNDS.streamWindowBytes],
    [Setting.MaxHeaderListSize, headBytes],
    [Setting.EnableConnectProtocol, 1],
  ]);
  return Buffer.concat([settings, windowFrame(0, HTTP2_BOUNDS.connectionWindowBytes - USUAL_WINDOW_BYTES)]);
}
