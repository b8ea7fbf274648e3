import type { Server } from "node:net";
import type { Engine } from "#ingress/engine/engine.ts";
import { ConnectionGate } from "#ingress/io/connection-gate.ts";
import type { Connection } from "#ingress/io/connection.ts";
import type { Io } from "#ingress/io/io.ts";
import type { SecureServerOptions } from "#ingress/io/servers.ts";
import { defaultIo } from "./test-io.ts";

type Certified = Pick<SecureServerOptions, "contextOf" | "fallback">;

/** A server for TLS in front of an engine, not yet listening, with these certificates and what else is said. */
export function engineTlsServer(
  engine: Engine,
  options: Certified & Partial<SecureServerOptions>,
  io: Io = defaultIo,
): Server {
  const all = {
    accept: (connection: Connection) => engine.accept(connection),
    gate: new ConnectionGate(engine.limits),
    onHandshakeFailure: () => undefined,
    answerPlainHttp: (clientAddress: string) => engine.answerPlainHttp(clientAddress),
    ...options,
  };
  return io.secureServer(all, engine.buffers);
}
