import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { listen } from "./ingress-proxy.ts";

/** A server of one document on loopback, whose answer tests change. */
export interface DocumentServer extends AsyncDisposable {
  readonly port: number;
  /** How many requests have come. */
  readonly asked: () => number;
  /** How many handshakes of TLS have failed. */
  readonly refused: () => number;
  answer: (response: ServerResponse) => void;
}

/** Answers 200 with a text until a test says otherwise, over TLS where it is given a certificate. */
export async function serveDocument(
  text: string,
  tls?: { readonly cert: string; readonly key: string },
): Promise<DocumentServer> {
  const counts = { asked: 0, refused: 0 };
  const take = (_request: IncomingMessage, response: ServerResponse): void => {
    counts.asked += 1;
    found.answer(response);
  };
  const server = tls === undefined ? createServer(take) : createSecureServer(tls, take);
  server.addListener("tlsClientError", () => (counts.refused += 1));
  const found: DocumentServer = {
    port: await listen(server),
    asked: () => counts.asked,
    refused: () => counts.refused,
    answer: (response) => void response.end(text),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return found;
}
