import type { X509Certificate } from "node:crypto";
import type { PeerCertificate, SecureContext, TLSSocket } from "node:tls";
import type { ClientIdentity } from "#src/filters/client-certificate.ts";
import type { Connection } from "./connection.ts";

/** The client of a connection by TLS, after the handshake. */
export interface SecureClient {
  isSessionReused(): boolean;
  /** Whether it has shown a certificate that one of the authorities has issued. */
  readonly authorized: boolean;
  /** Else: the code of OpenSSL's error. */
  readonly authorizationError: unknown;
  getPeerX509Certificate(): X509Certificate | undefined;
  /** Its certificate with those that issued it. */
  getPeerCertificate(isDetailed: true): PeerCertificate;
}

/** How the clients of a host are verified. */
export interface ClientVerification {
  /** The certificate of the host, and the authorities of its clients; undefined: none are known, and no certificate is asked for. */
  readonly context: SecureContext | undefined;
  /** After the handshake: whom the connection is from. */
  readonly identify: (client: SecureClient) => ClientIdentity;
  /** What it says of a connection still counts: the authorities are those that it was made with. */
  readonly isCurrent: () => boolean;
}

/**
 * Whom a connection is from, after the handshake; undefined: no certificate was asked for. OpenSSL does not ask for the server name again
 * where a session is resumed, and by TLS 1.2 nothing says what it is.
 */
export function identityForHosts(
  client: SecureClient,
  {
    verification: asked,
    name,
    verificationOf,
  }: {
    /** What was found by the server name, in this handshake. */
    readonly verification: ClientVerification | undefined;
    /** The server name of the connection, where that is known. */
    readonly name: unknown;
    readonly verificationOf?: (serverName: string) => ClientVerification | undefined;
  },
): Connection["identityFor"] {
  const isResumed = client.isSessionReused();
  const verification = asked ?? (isResumed && typeof name === "string" ? verificationOf?.(name) : undefined);
  if (verification !== undefined) {
    const identity = verification.identify(client);
    return () => (verification.isCurrent() ? identity : undefined);
  }
  // What the certificate of such a session is worth each host says that it is shown to.
  return !isResumed ? undefined : (host) => verificationOf?.(host)?.identify(client);
}

/** What Node has no public name for. */
interface Internals {
  _requestCert: boolean;
  readonly _handle?: { setVerifyMode?(requests: boolean, rejects: boolean): void };
}

/**
 * Asks the client of a connection for its certificate, while its server name is looked at (RFC 8446 section 4.3.2). Node asks
 * either all clients or none. Where this has no effect no client shows one, and none that needs one comes in.
 */
export function requestCertificate(socket: TLSSocket): void {
  const internals = socket as unknown as Internals;
  // oxlint-disable-next-line no-underscore-dangle -- as Node names them
  internals._requestCert = true;
  // oxlint-disable-next-line no-underscore-dangle -- as Node names them
  internals._handle?.setVerifyMode?.(true, false);
}
