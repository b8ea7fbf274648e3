import type { SecureContext, TLSSocket } from "node:tls";
import type { ClientIdentity } from "#src/filters/client-certificate.ts";

/** How the clients of a host are verified. */
export interface ClientVerification {
  /** The certificate of the host, and the authorities of its clients; undefined: none are known, and no certificate is asked for. */
  readonly context: SecureContext | undefined;
  /** After the handshake: whom the connection is from. */
  readonly identify: (socket: TLSSocket) => ClientIdentity;
  /** What it says of a connection still counts: the authorities are those that it was made with. */
  readonly isCurrent: () => boolean;
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
