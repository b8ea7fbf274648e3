import type { SecureContext } from "node:tls";
import type { KeyPair } from "./self-signed.ts";

/** The certificates that a server of TLS asks for. */
export interface HostCertificates {
  /** For clients that give no server name, as long as `onFallbackChange` says nothing else. */
  readonly fallback: KeyPair;
  /** The certificate for a server name (RFC 6066 section 3): of the exact host, the wildcard, otherwise the default. */
  contextOf(serverName: string | undefined): SecureContext;
  /** The certificate itself for a host in lower case, without final dot. */
  pairOf(host: string): KeyPair;
  /** Calls `use` with each new default certificate. */
  onFallbackChange(use: (pair: KeyPair) => void): void;
}
