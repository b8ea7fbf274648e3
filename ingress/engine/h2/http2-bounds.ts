/** What bounds a connection of HTTP/2, besides the limits that hold for any client. */
export const HTTP2_BOUNDS = {
  /** Streams of one connection at once (SETTINGS_MAX_CONCURRENT_STREAMS), as at most servers. */
  streams: 100,
  /** What a client may send of one request before an endpoint has taken it; as much as a link of 100 Mbit/s holds in 20 ms. */
  streamWindowBytes: 262_144,
  /** What a client may send of all requests of a connection before endpoints have taken it: what it can have us hold. */
  connectionWindowBytes: 1_048_576,
  /** CONTINUATION frames of one block: three hold a head of the usual bound. */
  continuations: 16,
  /** Requests of one client that are read before other clients have their turn. */
  requestsPerTurn: 32,
  /**
   * Streams that end before their answer by a reset or an error of the client (CVE-2023-44487, CVE-2025-8671). Browsers reset as many
   * as they have open when a page is left.
   */
  resets: { most: 200, perSecond: 20 },
  /** Frames that bring nothing (PING, SETTINGS, empty DATA, WINDOW_UPDATE and others), as far as nothing of use makes up for them. */
  needlessFrames: { most: 1_000, perSecond: 50 },
  /** How many of these a request makes up for, and a frame of data that is worth sending. */
  framesPerRequest: 4,
  framesPerData: 4,
  /** A frame with less data is not worth its head. */
  worthyDataBytes: 512,
  /** Of what waits for a client that does not read: from here on nothing is read from it either. */
  waitingBytes: 65_536,
  /** Streams that ended lately, whose frames may still be on their way. */
  rememberedStreams: 256,
} as const;
