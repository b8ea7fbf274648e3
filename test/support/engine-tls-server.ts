import type { Server } from "node:net";
import type { Engine } from "#ingress/engine/engine.ts";
import { ConnectionGate } from "#ingress/io/connection-gate.ts";
import { secureServer, type SecureServerOptions } from "#ingress/io/servers.ts";

type Certified = Pick<SecureServerOptions, "contextOf" | "fallback">;

/** A server for TLS in front of an engine, not yet listening, with these certificates and what else is said. */
export function engineTlsServer(engine: Engine, options: Certified & Partial<SecureServerOptions>): Server {
  return secureServer({
    accept: (connection) => engine.accept(connection),
    gate: new ConnectionGate(engine.limits),
    onHandshakeFailure: () => undefined,
    answerPlainHttp: (clientAddress) => engine.answerPlainHttp(clientAddress),
    ...options,
  });
}
