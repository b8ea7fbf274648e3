import type { SecureContext } from "node:tls";
import { hostOf } from "#src/routing/host.ts";
import { servedFor } from "#src/tls/certificates-by-host.ts";
import type { CertificateUpdate } from "#ingress/server/serving-update.ts";
import { DEFAULT_CIPHERS } from "./default-ciphers.ts";
import type { HostCertificates } from "./host-certificates.ts";
import { OpenedContexts } from "./opened-contexts.ts";
import type { KeyPair } from "./self-signed.ts";

/** The certificates that another thread has read and found good. OpenSSL gets each when a client asks for it first. */
export class ServedCertificates implements HostCertificates {
  readonly fallback: KeyPair;
  readonly #contexts: OpenedContexts;
  #default: KeyPair;
  #onFallback: (pair: KeyPair) => void = () => undefined;
  #secretOfHost: ReadonlyMap<string, string> = new Map();
  #pairs: ReadonlyMap<string, KeyPair> = new Map();

  constructor(fallback: KeyPair, ciphers: string = DEFAULT_CIPHERS) {
    this.fallback = this.#default = fallback;
    this.#contexts = new OpenedContexts(ciphers);
  }

  /** Serves these from now on. */
  use(update: CertificateUpdate): void {
    if (update.kind === "certificates") {
      this.#secretOfHost = update.secretOfHost;
      this.#pairs = update.pairs;
      return;
    }
    this.#default = update.pair;
    this.#onFallback(update.pair);
  }

  onFallbackChange(use: (pair: KeyPair) => void): void {
    this.#onFallback = use;
  }

  contextOf(serverName: string | undefined): SecureContext {
    const host = serverName === undefined ? undefined : hostOf(serverName);
    return this.#contexts.of(host === undefined ? this.#default : this.pairOf(host));
  }

  pairOf(host: string): KeyPair {
    return this.#pairs.get(servedFor(this.#secretOfHost, host) ?? "") ?? this.#default;
  }
}
