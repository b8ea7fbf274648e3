import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of one document on loopback, whose answer tests change. */
export interface DocumentServer extends AsyncDisposable {
  readonly port: number;
  /** How many requests have come. */
  readonly asked: () => number;
  answer: (response: ServerResponse) => void;
}

/** Answers 200 with a text until a test says otherwise. */
export async function serveDocument(text: string): Promise<DocumentServer> {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    found.answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const found: DocumentServer = {
    port: (server.address() as AddressInfo).port,
    asked: () => count,
    answer: (response) => void response.end(text),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return found;
}
