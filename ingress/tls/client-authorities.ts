import { hash, type X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { CertificateVerdict, ClientCertificatePolicy, ClientIdentity } from "#src/filters/client-certificate.ts";
import type { CertificateSecret } from "#src/tls/certificate-secret.ts";
import { monotonicMs } from "#src/process/clock.ts";
import { RecentMap } from "#src/collections/recent-map.ts";
import type { ClientVerification, SecureClient } from "#ingress/io/client-verification.ts";
import { DEFAULT_CIPHERS } from "./default-ciphers.ts";
import { intermediates } from "./intermediates.ts";
import type { KeyPair } from "./self-signed.ts";
import { shownCertificate } from "./shown-certificate.ts";

/** Policies, and certificates of hosts with one policy: beyond, those that were used longest ago are made again. */
const MAX_POLICIES = 4_096;
const MAX_CONTEXTS = 256;
/** Client certificates whose sessions may be resumed, of one policy. */
const MAX_VERDICTS = 8_192;

/** What Node calls certificates whose authority is not known, and what OpenSSL, and with it nginx, says of them. */
const UNKNOWN_AUTHORITY: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "self-signed certificate in certificate chain",
  UNABLE_TO_GET_ISSUER_CERT: "unable to get issuer certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unable to get local issuer certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unable to verify the first certificate",
  CERT_UNTRUSTED: "certificate not trusted",
};

const SUCCESS: CertificateVerdict = { text: "SUCCESS", isAccepted: true, isUnknownAuthority: false };
const NONE: CertificateVerdict = { text: "NONE", isAccepted: false, isUnknownAuthority: false };

/** Verdicts that all servers share, each by its place: that of a certificate that is accepted, and those of unknown authorities. */
const UNKNOWN_TEXTS = [...new Set(Object.values(UNKNOWN_AUTHORITY))];
const VERDICT_TEXTS = [SUCCESS.text, ...UNKNOWN_TEXTS.map((text) => failed(text, true).text)];

/** Verdicts of all who resume each other's sessions, by policy, authorities and certificate. */
export interface SharedVerdicts {
  get(text: string): number | undefined;
  /** `nowMs`: whole milliseconds of a clock that never goes back. */
  tell(text: string, fact: number, nowMs: number): void;
}

interface KnownPolicy {
  /** As it was when the policy was first asked for. */
  readonly secret: CertificateSecret;
  /** A digest of the policy and of what is trusted: the same for all who verify by these. */
  readonly trust: string;
  /** By the certificate of the host. */
  readonly contexts: RecentMap<SecureContext>;
  /** By fingerprint: of certificates that were verified by this policy and its present authorities, in a full handshake. */
  readonly verdicts: RecentMap<CertificateVerdict>;
}

/** Verifies the certificates of clients, by host. */
export class ClientAuthorities {
  readonly #ciphers: string;
  readonly #shared: SharedVerdicts | undefined;
  readonly #wallMs: () => number;
  #secrets: ReadonlyMap<string, CertificateSecret> = new Map();
  readonly #known = new RecentMap<KnownPolicy>(MAX_POLICIES);
  #onChange: () => void = () => undefined;

  /** `wallMs`: milliseconds since 1970. `shared`: what others have verified whose sessions may be resumed here. */
  constructor(wallMs: () => number, ciphers: string = DEFAULT_CIPHERS, shared?: SharedVerdicts) {
    this.#shared = shared;
    this.#wallMs = wallMs;
    this.#ciphers = ciphers;
  }

  /** Calls back when sessions must not be resumed any longer. */
  onChange(call: () => void): void {
    this.#onChange = call;
  }

  /** Authorities from now on, by the `namespace/name` of their Secret. */
  useSecrets(secrets: ReadonlyMap<string, CertificateSecret>): void {
    const before = this.#secrets;
    // A Secret that was only read again, or that has another certificate of its own, changes nothing for clients.
    const kept = Array.from(secrets, ([key, secret]) => [key, sameTrust(before.get(key), secret) ?? secret] as const);
    this.#secrets = new Map(kept);
    if (before.size !== secrets.size || kept.some(([key, secret]) => before.get(key) !== secret)) this.#onChange();
  }

  /** How the clients of a host are verified. `pair`: the certificate that the host itself has. */
  verificationFor(policy: ClientCertificatePolicy, host: string, pair: KeyPair): ClientVerification {
    const known = this.#knownOf(policy);
    const context = known && this.#contextOf(known, pair);
    const identity = { host, policyKey: policy.key };
    const secret = this.#secrets.get(policy.secret);
    const isCurrent = (): boolean => this.#secrets.get(policy.secret) === secret;
    if (known === undefined || context === undefined) {
      const identify = () => ({ ...identity, verdict: undefined, certificate: undefined });
      return { context: undefined, identify, isCurrent };
    }
    return {
      isCurrent,
      context,
      identify: (client) => this.#identify(client, known, { ...identity, depth: policy.depth }),
    };
  }

  #knownOf({ key, secret: name }: ClientCertificatePolicy): KnownPolicy | undefined {
    const secret = this.#secrets.get(name);
    if (secret?.authoritiesPem === undefined) return undefined;
    const known = this.#known.get(key);
    if (known?.secret === secret) return known;
    const made = {
      secret,
      trust: hash("sha256", `${key}\0${trustOf(secret)}`),
      contexts: new RecentMap<SecureContext>(MAX_CONTEXTS),
      verdicts: new RecentMap<CertificateVerdict>(MAX_VERDICTS),
    };
    this.#known.set(key, made);
    return made;
  }

  /** Undefined: OpenSSL cannot read the authorities, or their lists. */
  #contextOf({ secret, contexts }: KnownPolicy, { cert, key }: KeyPair): SecureContext | undefined {
    const { authoritiesPem: ca, revocationPems: crl } = secret;
    try {
      const made =
        contexts.get(cert) ??
        createSecureContext({ cert, key, ca, ciphers: this.#ciphers, ...(crl && { crl: [...crl] }) });
      contexts.set(cert, made);
      return made;
    } catch {
      return undefined;
    }
  }

  #identify(
    client: SecureClient,
    { verdicts, trust }: KnownPolicy,
    { depth, ...identity }: Pick<ClientIdentity, "host" | "policyKey"> & { readonly depth: number },
  ): ClientIdentity {
    const certificate = client.getPeerX509Certificate();
    if (certificate === undefined) return { ...identity, verdict: NONE, certificate };
    const { fingerprint256 } = certificate;
    // What OpenSSL says of a session that is resumed it says of the handshake before, maybe for another host or authority.
    const shared = `${trust} ${fingerprint256}`;
    const verdict = client.isSessionReused()
      ? this.#resumed(certificate, verdicts.get(fingerprint256) ?? this.#toldBy(shared))
      : verdictOf(client, depth);
    if (!client.isSessionReused()) {
      verdicts.set(fingerprint256, verdict);
      const code = VERDICT_TEXTS.indexOf(verdict.text);
      if (code !== -1) this.#shared?.tell(shared, code, Math.floor(monotonicMs()));
    }
    return { ...identity, verdict, certificate: shownCertificate(certificate) };
  }

  #resumed(certificate: X509Certificate, known: CertificateVerdict | undefined): CertificateVerdict {
    if (certificate.validToDate.getTime() < this.#wallMs()) return failed("certificate has expired");
    return known ?? failed("session of another verification");
  }

  /** What another has found out in a full handshake; undefined: none has, or what it found is not told. */
  #toldBy(shared: string): CertificateVerdict | undefined {
    const code = this.#shared?.get(shared);
    if (code === undefined) return undefined;
    return code === 0 ? SUCCESS : failed(UNKNOWN_TEXTS[code - 1] ?? "", true);
  }
}

/** The first one, where both say the same of clients. */
function sameTrust(first: CertificateSecret | undefined, second: CertificateSecret): CertificateSecret | undefined {
  return first !== undefined && (first === second || trustOf(first) === trustOf(second)) ? first : undefined;
}

function trustOf({ authoritiesPem, revocationPems }: CertificateSecret): string {
  return JSON.stringify([authoritiesPem, revocationPems]);
}

function failed(why: string, isUnknownAuthority = false): CertificateVerdict {
  return { text: `FAILED:${why}`, isAccepted: false, isUnknownAuthority };
}

function verdictOf(client: SecureClient, depth: number): CertificateVerdict {
  if (!client.authorized) {
    // The code of OpenSSL's error, whatever its type says.
    const code = String(client.authorizationError);
    const unknown = UNKNOWN_AUTHORITY[code];
    return failed(unknown ?? code, unknown !== undefined);
  }
  return intermediates(client.getPeerCertificate(true)) > depth ? failed("certificate chain too long") : SUCCESS;
}
