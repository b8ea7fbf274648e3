/** One message of a stream of events, with its data as JSON. */
export interface StreamedMessage {
  readonly name: string;
  readonly data: string;
}

/**
 * Reads a stream of events (text/event-stream), as our server writes it: one line for the name, one for the data, an empty
 * one. Ends with the stream; a message that was cut off is left out, and so is what has no name. It takes the place of
 * EventSource, which can send no field of its own.
 */
export async function* readMessages(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<StreamedMessage> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += part.value;
      // A large message comes in many parts: without an end of line there is nothing to look for.
      if (!part.value.includes("\n")) continue;
      const messages = text.split("\n\n");
      text = messages.pop() ?? "";
      for (const message of messages) {
        const { name, data } = /^event: (?<name>\w+)\ndata: (?<data>.*)$/.exec(message)?.groups ?? {};
        if (name !== undefined && data !== undefined) yield { name, data };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
