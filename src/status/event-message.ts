/** The Kubernetes API refuses Events with a longer message: it counts bytes of UTF-8. */
const MAX_EVENT_MESSAGE_BYTES = 1_024;

/** What the end of a text that was cut looks like: one byte in a log of ASCII would not be seen. */
const CUT_MARK = "...";

const encoder = new TextEncoder();

/**
 * The message of an Event as the Kubernetes API takes it: cut where it is too long, and never inside a character. The
 * end, which is short, stays whole.
 */
export function cutEventMessage(message: string, end = ""): string {
  const most = MAX_EVENT_MESSAGE_BYTES - encoder.encode(end).length;
  // No character of a JavaScript string has more than three bytes for each of its units.
  if (message.length * 3 <= most || encoder.encode(message).length <= most) return message + end;
  const room = new Uint8Array(most - CUT_MARK.length);
  return `${message.slice(0, encoder.encodeInto(message, room).read)}${CUT_MARK}${end}`;
}
