import type { Server } from "node:net";
import type { Logger } from "#src/process/log.ts";
import { hostOf } from "#src/routing/host.ts";
import { clientCertificatesFor } from "#src/routing/route.ts";
import type { Engine } from "#ingress/engine/engine.ts";
import type { ConnectionGate } from "#ingress/io/connection-gate.ts";
import type { ProxyPreface } from "#ingress/io/proxy-preface.ts";
import type { Io } from "#ingress/io/io.ts";
import type { Accept } from "#ingress/io/servers.ts";
import type { ProgramInUse } from "#ingress/program-in-use.ts";
import type { HostCertificates } from "#ingress/tls/host-certificates.ts";
import type { ClientAuthorities } from "#ingress/tls/client-authorities.ts";
import type { RequestPort } from "./request-ports.ts";

/** The servers of the ports for requests, not yet listening. */
export function requestServers({
  engine,
  gate,
  preface,
  certificates,
  clientAuthorities,
  program,
  ciphers,
  isHttp2On,
  handshakeMs,
  onTicketKeys,
  log,
  io,
}: {
  readonly engine: Engine;
  readonly gate: ConnectionGate;
  readonly preface: ProxyPreface | undefined;
  readonly certificates: HostCertificates;
  readonly clientAuthorities: ClientAuthorities;
  readonly program: ProgramInUse;
  /** In OpenSSL's form. */
  readonly ciphers: string | undefined;
  /** HTTP/2 is offered by TLS. */
  readonly isHttp2On: boolean;
  /** For the TLS handshake of a client. */
  readonly handshakeMs: number;
  /** Is given what has to be called with other keys for sessions. */
  readonly onTicketKeys: (use: (keys: Buffer) => void) => void;
  readonly log: Logger;
  readonly io: Io;
}): Readonly<Record<RequestPort, Server>> {
  const accept: Accept = (connection) => engine.accept(connection);
  const http = io.plainServer({ accept, gate, preface }, engine.buffers);
  const https = io.secureServer(
    {
      accept,
      gate,
      preface,
      answerPlainHttp: (clientAddress) => engine.answerPlainHttp(clientAddress),
      passing: { isOn: () => engine.passesTls, acceptFor: (serverName) => engine.acceptUnread(serverName) },
      contextOf: (serverName) => certificates.contextOf(serverName),
      verificationOf: (serverName) => {
        const host = hostOf(serverName);
        const policy = host === undefined ? undefined : clientCertificatesFor(engine.routes, host);
        return policy && clientAuthorities.verificationFor(policy, host!, certificates.pairOf(host!));
      },
      rejects: (serverName) => program.rejects(serverName),
      onTicketKeys,
      onTrustChange: (forgetSessions) => clientAuthorities.onChange(forgetSessions),
      fallback: certificates.fallback,
      ciphers,
      isHttp2On,
      handshakeMs,
      onFallbackChange: (use) => certificates.onFallbackChange(use),
      onHandshakeFailure: (err) => log.debug({ err }, "handshake failed"),
    },
    engine.buffers,
  );
  return { http, https };
}
