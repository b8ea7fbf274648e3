import { createSecureContext, type SecureContext } from "node:tls";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { TlsSecret } from "#src/model/tls-secret.ts";
import { hostOf } from "#src/routing/host.ts";
import { certificatesByHost, servedFor } from "#src/tls/certificates-by-host.ts";
import { findCertificateFaults } from "#src/tls/find-certificate-faults.ts";
import { type Certificate, readCertificate, secretUnusable } from "#src/tls/read-certificate.ts";
import { type CertificateClaims, claimedSecrets, hostsBySecret } from "#src/tls/certificate-claims.ts";
import { DEFAULT_CIPHERS } from "./default-ciphers.ts";
import type { HostCertificates } from "./host-certificates.ts";
import { type KeyPair, selfSigned } from "./self-signed.ts";

/** What is served from now on. */
export interface CertificateUse {
  readonly claims: CertificateClaims;
  /** By `namespace/name`; undefined: the Secret exists and cannot be read. */
  readonly secrets: ReadonlyMap<string, TlsSecret | undefined>;
  /** The Secret (`namespace/name`) of the default certificate; without it that is a self-signed one. */
  readonly defaultSecret?: string | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** A certificate as it is served. */
interface Served {
  readonly certificate: Certificate;
  readonly context: SecureContext;
}

/** What a Secret was read as: something to serve, with warnings, or a Problem. */
interface Loaded {
  readonly served: Served | undefined;
  readonly problems: readonly Problem[];
}

/** The certificates in use. A change counts for new handshakes; connections that are open stay as they are. */
export class Certificates implements HostCertificates {
  /** A self-signed certificate for clients whose server name no Secret covers, where no other default is given. */
  readonly fallback: KeyPair;
  readonly #selfSignedContext: SecureContext;
  #fallbackContext: SecureContext;
  #fallbackPair: KeyPair;
  #onFallback: (pair: KeyPair) => void = () => undefined;
  /** By Secret as it was read: one that stays is not loaded again. */
  readonly #loaded = new WeakMap<TlsSecret, Loaded>();
  /** By `namespace/name`, for the Secrets that are claimed: the last that could be served. */
  #lastGood: ReadonlyMap<string, Served> = new Map();
  readonly #ciphers: string;
  #byHost: ReadonlyMap<string, Served> = new Map();
  #certificates: ReadonlyMap<string, Certificate> = new Map();

  constructor(nowMs: number, ciphers: string = DEFAULT_CIPHERS) {
    this.#ciphers = ciphers;
    this.fallback = this.#fallbackPair = selfSigned("hawser.invalid", nowMs);
    this.#selfSignedContext = createSecureContext({ ...this.fallback, ciphers });
    this.#fallbackContext = this.#selfSignedContext;
  }

  /** Which certificate is served for which host. */
  get certificates(): ReadonlyMap<string, Certificate> {
    return this.#certificates;
  }

  /** Calls `use` with each new default certificate. */
  onFallbackChange(use: (pair: KeyPair) => void): void {
    this.#onFallback = use;
  }

  /** Serves these from now on. Returns what is wrong, by Secret; one that cannot be used keeps its last good certificate. */
  use({ claims, secrets, defaultSecret, nowMs }: CertificateUse): ReadonlyMap<string, readonly Problem[]> {
    const problems = new Map<string, readonly Problem[]>();
    const served = new Map<string, Served>();
    const hosts = hostsBySecret(claims);
    for (const key of new Set([...claimedSecrets(claims), ...(defaultSecret === undefined ? [] : [defaultSecret])])) {
      if (!secrets.has(key)) continue;
      const found = this.#find(key, secrets.get(key));
      if (found.served !== undefined) served.set(key, found.served);
      const faults = found.served && findCertificateFaults(found.served.certificate, hosts.get(key) ?? [], nowMs);
      const all = [...found.problems, ...(faults ?? [])];
      if (all.length > 0) problems.set(key, all);
    }
    this.#lastGood = served;
    const usable = new Map(Array.from(served, ([key, { certificate }]) => [key, certificate]));
    this.#certificates = certificatesByHost(claims, usable);
    this.#byHost = new Map(Array.from(this.#certificates, ([host, { secretKey }]) => [host, served.get(secretKey)!]));
    this.#useDefault(served.get(defaultSecret ?? ""));
    return problems;
  }

  /** The certificate for a server name (RFC 6066 section 3): of the exact host, the wildcard, otherwise the default. */
  contextOf(serverName: string | undefined): SecureContext {
    const host = serverName === undefined ? undefined : hostOf(serverName);
    if (host === undefined) return this.#fallbackContext;
    return servedFor(this.#byHost, host)?.context ?? this.#fallbackContext;
  }

  /** The certificate itself for a host in lower case, without final dot. */
  pairOf(host: string): KeyPair {
    const served = servedFor(this.#byHost, host)?.certificate;
    return served === undefined ? this.#fallbackPair : { cert: served.chainPem, key: served.privateKeyPem };
  }

  #useDefault(served: Served | undefined): void {
    const context = served?.context ?? this.#selfSignedContext;
    if (context === this.#fallbackContext) return;
    this.#fallbackContext = context;
    const { chainPem: cert, privateKeyPem: key } = served?.certificate ?? {};
    this.#fallbackPair = cert === undefined || key === undefined ? this.fallback : { cert, key };
    this.#onFallback(this.#fallbackPair);
  }

  #find(key: string, secret: TlsSecret | undefined): Loaded {
    const loaded = secret === undefined ? { served: undefined, problems: [] } : this.#load(secret);
    const last = this.#lastGood.get(key);
    if (loaded.served !== undefined || last === undefined) return loaded;
    return { served: last, problems: [...loaded.problems, lastGoodServed(last.certificate)] };
  }

  #load(secret: TlsSecret): Loaded {
    let loaded = this.#loaded.get(secret);
    if (loaded === undefined) {
      loaded = load(secret, this.#ciphers);
      this.#loaded.set(secret, loaded);
    }
    return loaded;
  }
}

function load(secret: TlsSecret, ciphers: string): Loaded {
  const parsed = readCertificate(secret);
  if (!parsed.ok) return { served: undefined, problems: parsed.problems };
  const { chainPem: cert, privateKeyPem: key } = parsed.value;
  try {
    return {
      served: { certificate: parsed.value, context: createSecureContext({ cert, key, ciphers }) },
      problems: parsed.problems,
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { served: undefined, problems: [secretUnusable(secret.key, "tls.crt", `OpenSSL refuses it (${why})`)] };
  }
}

function lastGoodServed({ secretKey, validToMs }: Certificate): Problem {
  return {
    code: "SECRET_LAST_GOOD_SERVED",
    at: objectAt("Secret", secretKey),
    what: "Kept the certificate that the Secret had before",
    why: `what it has now cannot be used; the earlier certificate is valid until ${new Date(validToMs).toISOString()}`,
    fix: "Store a usable certificate and key. After a restart of the ingress the default certificate is served",
    severity: "warning",
  };
}
