import type { SecureContext } from "node:tls";
import { put } from "#src/collections/put.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { TlsSecret } from "#src/model/tls-secret.ts";
import { hostOf } from "#src/routing/host.ts";
import { certificateChoice, servedFor } from "#src/tls/certificates-by-host.ts";
import { findCertificateFaults } from "#src/tls/find-certificate-faults.ts";
import { type Certificate, readCertificate, secretUnusable } from "#src/tls/read-certificate.ts";
import { type CertificateClaims, claimedSecrets } from "#src/tls/certificate-claims.ts";
import type { TouchedClaims } from "#src/tls/claim-index.ts";
import { DEFAULT_CIPHERS } from "./default-ciphers.ts";
import type { HostCertificates } from "./host-certificates.ts";
import { OpenedContexts, tryContext } from "./opened-contexts.ts";
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
  /** What may be other than before, with the Secrets among these alone; undefined: anything. */
  readonly touched?: TouchedCertificates | undefined;
}

/** What a change touches. */
export interface TouchedCertificates extends TouchedClaims {
  /** The hosts that the certificate of a Secret may be served for. */
  readonly hostsOf: (secretKey: string) => Iterable<string>;
}

/** A certificate as it is served. */
interface Served {
  readonly certificate: Certificate;
  readonly pair: KeyPair;
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
  #fallbackPair: KeyPair;
  #onFallback: (pair: KeyPair) => void = () => undefined;
  #onChange: (hosts: readonly string[]) => void = () => undefined;
  /** By Secret as it was read: one that stays is not loaded again. */
  readonly #loaded = new WeakMap<TlsSecret, Loaded>();
  /** By `namespace/name`, for the Secrets that are claimed: the last that could be served. */
  readonly #lastGood = new Map<string, Served>();
  /** The certificates of these. */
  readonly #usable = new Map<string, Certificate>();
  readonly #ciphers: string;
  readonly #contexts: OpenedContexts;
  readonly #byHost = new Map<string, Served>();
  readonly #certificates = new Map<string, Certificate>();

  constructor(nowMs: number, ciphers: string = DEFAULT_CIPHERS) {
    this.#ciphers = ciphers;
    this.#contexts = new OpenedContexts(ciphers);
    this.fallback = this.#fallbackPair = selfSigned("hawser.invalid", nowMs);
  }

  /** Which certificate is served for which host. */
  get certificates(): ReadonlyMap<string, Certificate> {
    return this.#certificates;
  }

  /** Calls `use` with the hosts that have another certificate than before. */
  onChange(use: (hosts: readonly string[]) => void): void {
    this.#onChange = use;
  }

  /** Calls `use` with each new default certificate. */
  onFallbackChange(use: (pair: KeyPair) => void): void {
    this.#onFallback = use;
  }

  /**
   * Serves these from now on. Returns what is wrong with the Secrets that are touched, by their keys; one that cannot be used keeps its last
   * good certificate.
   */
  use(use: CertificateUse): ReadonlyMap<string, readonly Problem[]> {
    const { claims, defaultSecret, touched = this.#everything(use) } = use;
    const problems = new Map<string, readonly Problem[]>();
    const hosts = new Set(touched.hosts);
    // All of them before anything is kept: what was kept and not chosen would be no change when this is tried again.
    const looked = Array.from(touched.secrets, (key) => [key, this.#look(key, use)] as const);
    for (const [key, { served, problems: found }] of looked) {
      const before = this.#lastGood.get(key);
      put(this.#lastGood, key, served);
      put(this.#usable, key, served?.certificate);
      if (found.length > 0) problems.set(key, found);
      if (before !== served) for (const host of touched.hostsOf(key)) hosts.add(host);
      // It may be served for its own names.
      for (const one of [before, served]) for (const name of one?.certificate.names ?? []) hosts.add(name);
    }
    this.#choose(hosts, certificateChoice(claims, this.#usable));
    this.#useDefault(this.#lastGood.get(defaultSecret ?? ""));
    return problems;
  }

  #choose(hosts: Iterable<string>, choose: (host: string) => Certificate | undefined): void {
    const changed: string[] = [];
    for (const host of hosts) {
      const certificate = choose(host);
      if (certificate === this.#certificates.get(host)) continue;
      put(this.#certificates, host, certificate);
      put(this.#byHost, host, certificate && this.#lastGood.get(certificate.secretKey));
      changed.push(host);
    }
    if (changed.length > 0) this.#onChange(changed);
  }

  /** All that is claimed now, or was before. */
  #everything({ claims, defaultSecret }: CertificateUse): TouchedCertificates {
    const { byHost, unnamed, aliases } = claims;
    const named = [claimedSecrets(claims), this.#lastGood.keys(), defaultSecret === undefined ? [] : [defaultSecret]];
    return {
      hosts: new Set([byHost, unnamed, aliases, this.#certificates].flatMap((map) => [...map.keys()])),
      secrets: new Set(named.flatMap((keys) => [...keys])),
      hostsOf: () => [],
    };
  }

  /** What a Secret is served as, if anything claims it, and what is wrong with it. */
  #look(key: string, { claims, secrets, defaultSecret, nowMs }: CertificateUse): Loaded {
    const isClaimed = claims.namedBy.has(key) || key === defaultSecret;
    if (!isClaimed || !secrets.has(key)) return { served: undefined, problems: [] };
    const { served, problems } = this.#find(key, secrets.get(key));
    const faults = served && findCertificateFaults(served.certificate, claims.hostsBySecret.get(key) ?? [], nowMs);
    return { served, problems: [...problems, ...(faults ?? [])] };
  }

  /** The certificate for a server name (RFC 6066 section 3): of the exact host, the wildcard, otherwise the default. */
  contextOf(serverName: string | undefined): SecureContext {
    const host = serverName === undefined ? undefined : hostOf(serverName);
    return this.#contexts.of(host === undefined ? this.#fallbackPair : this.pairOf(host));
  }

  /** The certificate itself for a host in lower case, without final dot. */
  pairOf(host: string): KeyPair {
    return servedFor(this.#byHost, host)?.pair ?? this.#fallbackPair;
  }

  #useDefault(served: Served | undefined): void {
    const pair = served?.pair ?? this.fallback;
    if (pair === this.#fallbackPair) return;
    this.#fallbackPair = pair;
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
  try {
    const parsed = readCertificate(secret);
    if (!parsed.ok) return { served: undefined, problems: parsed.problems };
    const { chainPem: cert, privateKeyPem: key } = parsed.value;
    const pair = { cert, key };
    tryContext(pair, ciphers);
    return { served: { certificate: parsed.value, pair }, problems: parsed.problems };
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
