import type { DetailedPeerCertificate, SecureContext } from "node:tls";

/** How to speak TLS to those that we connect to. Connections with the same target can stand for each other. */
export interface SecureTarget {
  /** What is to be spoken (ALPN, RFC 7301). HTTP/2 only with those that have agreed to it. */
  readonly protocol: "http/1.1" | "h2";
  readonly context: SecureContext;
  /** The server name that is sent; undefined: none. */
  readonly sentName: string | undefined;
  /** What is wrong with a certificate that one of the authorities has issued; undefined: certificates are not verified at all. */
  readonly verify: ((certificate: DetailedPeerCertificate) => Error | undefined) | undefined;
  /** By address and port: sessions that may be resumed, all of verified ends. */
  readonly sessions: SessionCache;
}

interface SessionCache {
  get(place: string): Buffer | undefined;
  set(place: string, session: Buffer): void;
  delete(place: string): void;
}

/** The code of the error of a connection whose other end could not be verified. */
export const UNTRUSTED = "EUNTRUSTED";
