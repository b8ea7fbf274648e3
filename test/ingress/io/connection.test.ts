import { connect } from "node:tls";
import { describe, expect, it } from "vitest";
import type { Connection } from "#ingress/io/connection.ts";
import { ConnectionGate } from "#ingress/io/connection-gate.ts";
import { BufferPool } from "#ingress/io/buffer-pool.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { listen, openClient } from "#test/support/ingress-proxy.ts";
import { everyIo } from "#test/support/test-io.ts";

const PIECE = Buffer.alloc(1_048_576, "x");
const gate = new ConnectionGate({ connections: 100, connectionsPerAddress: 0 });
const answerPlainHttp = () => Buffer.from("plain");
const TAIL = Buffer.alloc(8_192, "y");

/** Sends pieces until one waits for the client, then two more bits, and ends. */
function sendMoreThanFits(connection: Connection): { readonly sent: number; readonly hasLeft: boolean } {
  let sent = 0;
  do sent += PIECE.length;
  while (connection.send(PIECE, 0, PIECE.length));
  connection.send(TAIL, 0, TAIL.length);
  connection.send(TAIL, 0, TAIL.length);
  return { sent: sent + 2 * TAIL.length, hasLeft: connection.end() };
}

const buffers = new BufferPool();

describe.each(everyIo)("by $name, a connection that ends while the client does not read", (io) => {
  it.each(["plain", "TLS"])("delivers all that was sent before and tells when it has left, %s", async (kind) => {
    const drained = Promise.withResolvers<string>();
    const outcome = Promise.withResolvers<ReturnType<typeof sendMoreThanFits>>();
    const accept = (connection: Connection) => {
      setImmediate(() => outcome.resolve(sendMoreThanFits(connection)));
      return {
        onData: () => false,
        onEnd: () => undefined,
        onDrain: () => drained.resolve("drained"),
        onClose: () => drained.resolve("closed before"),
        mayGiveWay: false,
        requestCount: 0,
      };
    };
    const certificates = new Certificates(Date.now());
    const contextOf = () => certificates.contextOf(undefined);
    const { fallback } = certificates;
    const server =
      kind === "TLS"
        ? io.secureServer(
            { accept, gate, contextOf, fallback, onHandshakeFailure: () => undefined, answerPlainHttp },
            buffers,
          )
        : io.plainServer({ accept, gate }, buffers);
    const port = await listen(server);
    const client = kind === "TLS" ? undefined : openClient(port);
    const socket = client?.socket ?? connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    let received = 0;
    socket.on("data", (data) => (received += data.length));
    socket.pause();
    const { sent, hasLeft } = await outcome.promise;
    expect(hasLeft).toBe(false);
    const ended = new Promise<boolean>((resolve) => socket.on("error", () => undefined).on("close", resolve));
    socket.resume();
    expect(await drained.promise).toBe("drained");
    expect(await ended).toBe(false);
    expect(received).toBe(sent);
    server.close();
  });
});

describe.each(everyIo)("by $name, a TLS server", (io) => {
  it.each([
    { name: "say nothing", bytes: "" },
    { name: "stop in the middle of a hello", bytes: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc" },
  ])("closes clients that $name", async ({ bytes }) => {
    const certificates = new Certificates(Date.now());
    const failures: (string | undefined)[] = [];
    const server = io.secureServer(
      {
        accept: () => expect.unreachable("no handshake was complete"),
        gate,
        answerPlainHttp,
        contextOf: (name) => certificates.contextOf(name),
        fallback: certificates.fallback,
        onHandshakeFailure: ({ code }: NodeJS.ErrnoException) => failures.push(code),
        handshakeMs: 50,
      },
      buffers,
    );
    using client = openClient(await listen(server));
    client.send(bytes);
    await client.ended();
    expect(failures).toEqual(["ERR_TLS_HANDSHAKE_TIMEOUT"]);
    server.close();
  });
});
