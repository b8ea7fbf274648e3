import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { BufferPool } from "./buffer-pool.ts";
import { ConnectionGate } from "./connection-gate.ts";
import type { AcceptedEvents, Connection, OutgoingEvents } from "./connection.ts";
import type { Io } from "./io.ts";

const LOOPBACK = "127.0.0.1";
/** On loopback each part takes some milliseconds. */
const WITHIN_MS = 2_000;
const GREETING = Buffer.from("hawser");
const PIECE_BYTES = 1_048_576;
/** The buffers of two sockets hold a part of this. */
const MAX_PIECES = 64;

/**
 * Moves bytes over loopback: there and back, more than a reader takes, past an end of one side, and up to a reset. Returns what does
 * not work; undefined: all does.
 */
export async function ioFault(io: Io, withinMs: number = WITHIN_MS): Promise<string | undefined> {
  const timeout = Promise.withResolvers<string>();
  const timer = setTimeout(() => timeout.resolve(`not done within ${withinMs} ms`), withinMs);
  try {
    return await Promise.race([faultOf(io), timeout.promise]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

async function faultOf(io: Io): Promise<string | undefined> {
  return (await exchangeFault(io)) ?? (await resetFault(io));
}

/** A server for one connection; it is closed with the process at the latest. */
async function serve(io: Io, accept: (connection: Connection) => AcceptedEvents): Promise<Server> {
  const gate = new ConnectionGate({ connections: 1, connectionsPerAddress: 0 });
  const server = io.plainServer({ accept, gate }, new BufferPool());
  server.unref();
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  return server;
}

function connectTo(io: Io, server: Server, events: OutgoingEvents): Connection {
  const { port } = server.address() as AddressInfo;
  return io.connect(new BufferPool())({ address: LOOPBACK, port }, events);
}

const OCCUPANT = { mayGiveWay: false, requestCount: 0 };

/** The client greets and ends; the server then sends more than fits, and ends. */
async function exchangeFault(io: Io): Promise<string | undefined> {
  const closed = Promise.withResolvers<Error | undefined>();
  const told = { greeting: 0, sent: 0, wasFull: false, hasDrained: false, received: 0, hasEnded: false };
  const server = await serve(io, (connection) => ({
    ...OCCUPANT,
    onData: (_bytes, start, end) => {
      told.greeting += end - start;
      return false;
    },
    onEnd() {
      const piece = Buffer.alloc(PIECE_BYTES, "x");
      while (!told.wasFull && told.sent < MAX_PIECES * PIECE_BYTES) {
        told.wasFull = !connection.send(piece, 0, PIECE_BYTES);
        told.sent += PIECE_BYTES;
      }
      connection.end();
      client.resume();
    },
    onDrain: () => (told.hasDrained = true),
    onClose: () => undefined,
  }));
  const client = connectTo(io, server, {
    onConnect() {
      client.send(GREETING, 0, GREETING.length);
      client.pause();
      client.end();
    },
    onData(_bytes, start, end) {
      told.received += end - start;
      return false;
    },
    onEnd: () => (told.hasEnded = true),
    onDrain: () => undefined,
    onSendFailure: () => undefined,
    onClose: (error) => closed.resolve(error),
  });
  const error = await closed.promise;
  server.close();
  if (error !== undefined) return `a connection ended by ${error.message}`;
  if (told.greeting !== GREETING.length) return `${told.greeting} of ${GREETING.length} bytes came`;
  if (!told.wasFull || !told.hasDrained) return "a reader that takes nothing was not noticed";
  if (told.received !== told.sent) return `${told.received} of ${told.sent} bytes came back`;
  return told.hasEnded ? undefined : "the end of the other side was not told";
}

/** The server resets the connection. */
async function resetFault(io: Io): Promise<string | undefined> {
  const closed = Promise.withResolvers<NodeJS.ErrnoException | undefined>();
  const nothing = { onEnd: () => undefined, onDrain: () => undefined, onSendFailure: () => undefined };
  const server = await serve(io, (connection) => ({
    ...OCCUPANT,
    ...nothing,
    onData() {
      connection.abort();
      return false;
    },
    onClose: () => undefined,
  }));
  const client = connectTo(io, server, {
    ...nothing,
    onConnect: () => void client.send(GREETING, 0, GREETING.length),
    onData: () => false,
    onClose: (error) => closed.resolve(error),
  });
  const error = await closed.promise;
  server.close();
  return error?.code === "ECONNRESET" ? undefined : "a reset was not told";
}
