import { findPasswordLists, type PasswordClaim, passwordClaims } from "#src/auth/find-password-lists.ts";
import {
  findOidcSecrets,
  type OidcSecretClaim,
  oidcSecretClaims,
  type OidcSecrets,
} from "#src/auth/oidc/find-oidc-secrets.ts";
import type { PasswordList } from "#src/auth/password-list.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { parseTlsSecret, type TlsSecret } from "#src/model/tls-secret.ts";
import type { ProblemLog } from "#src/process/problem-log.ts";
import { ParsedObjects } from "#src/source/parsed-objects.ts";
import type { Source } from "#src/source/source.ts";
import type { CertificateSecret } from "#src/tls/certificate-secret.ts";
import { ClaimIndex } from "#src/tls/claim-index.ts";
import {
  certificateSecretClaims,
  type CertificateSecretClaim,
  findCertificateSecrets,
} from "#src/tls/find-certificate-secrets.ts";
import { secretMissing } from "#src/tls/secret-missing.ts";
import { NamedObjects } from "./named-objects.ts";
import type { Certificates } from "./tls/certificates.ts";

export interface NamedSecretsOptions {
  readonly source: Source;
  readonly certificates: Pick<Certificates, "use">;
  readonly problems: ProblemLog;
  /** Takes the names and passwords of the Secrets that are named for them, whenever they may have changed. */
  readonly usePasswords: (lists: ReadonlyMap<string, PasswordList>) => void;
  /** Takes what the Secrets say that policies name for sign-in. */
  readonly useOidcSecrets: (secrets: OidcSecrets) => void;
  /** Takes the certificates for TLS to endpoints and the authorities of clients. */
  readonly useCertificateSecrets: (secrets: ReadonlyMap<string, CertificateSecret>) => void;
  /** The Secret (`namespace/name`) of the default certificate. */
  readonly defaultSecret: string | undefined;
  /** Called when `update` has to be called again; `isOther`: and `updateOthers`. */
  readonly mark: (isOther: boolean) => void;
}

/** What is wrong with a Secret, and an Ingress that names it: for a certificate the oldest. */
export interface SecretFault {
  readonly ingress: Ingress;
  readonly reason: "CertificateUnusable" | "NotServed";
  readonly problem: Problem;
}

/** Reads the Secrets that Ingresses of ours name, by name: no others, because they may hold anything. */
export class NamedSecrets {
  readonly #options: NamedSecretsOptions;
  readonly #secrets: ParsedObjects<TlsSecret>;
  /** What is wrong with Secrets themselves, by key. */
  readonly #unreadable = new Map<string, readonly Problem[]>();
  readonly #claims = new ClaimIndex();
  /** What may be other than at the last `update`. */
  readonly #touched = { hosts: new Set<string>(), secrets: new Set<string>() };
  /** Those that are named for certificates. */
  readonly #ofCertificates = new Set<string>();
  /** Those that are named for anything else. */
  #others: ReadonlySet<string> = new Set();
  /** Others are named than are followed. */
  #areNamesNew = true;
  readonly #followed: NamedObjects;
  /** By Secret: what is wrong with a certificate. */
  readonly #certificateFaults = new Map<string, SecretFault>();
  #otherFaults: readonly SecretFault[] = [];

  constructor(options: NamedSecretsOptions) {
    const { problems, source, mark, defaultSecret } = options;
    this.#options = options;
    if (defaultSecret !== undefined) this.#touched.secrets.add(defaultSecret);
    this.#followed = new NamedObjects(source, "Secret", (found) => {
      for (const key of found) this.#touched.secrets.add(key);
      mark(!found.isDisjointFrom(this.#others));
    });
    this.#secrets = new ParsedObjects({
      get: (key) => (this.#ofCertificates.has(key) ? source.get("Secret", key) : undefined),
      parse: parseTlsSecret,
      onProblems: (key, found) => {
        if (found.length === 0) this.#unreadable.delete(key);
        else this.#unreadable.set(key, found);
        problems.report(`Secret ${key}`, found);
      },
    });
  }

  /** Resolves when all that were named last were looked up. */
  get settled(): Promise<void> {
    return this.#followed.settled;
  }

  /** What is wrong with the Secrets that are named now. */
  get faults(): readonly SecretFault[] {
    return [...this.#certificateFaults.values(), ...this.#otherFaults];
  }

  /** Whether `update` has something to do. */
  get isTouched(): boolean {
    return this.#areNamesNew || this.#touched.hosts.size + this.#touched.secrets.size > 0;
  }

  /** Says that a Secret may have changed, or gone. Whether it is named for something else than a certificate. */
  mark(key: string): boolean {
    this.#touched.secrets.add(key);
    return this.#others.has(key);
  }

  /** Says that time has passed, in which certificates grow old. */
  markAll(): void {
    for (const key of this.#ofCertificates) this.#touched.secrets.add(key);
  }

  /** Takes what these Ingresses of ours say of certificates in the place of what they said; undefined: there is none. */
  claim(changes: Parameters<ClaimIndex["update"]>[0]): void {
    const { hosts, secrets } = this.#claims.update(changes);
    for (const host of hosts) this.#touched.hosts.add(host);
    for (const key of secrets) this.#touched.secrets.add(key);
  }

  /** Whether a Secret was looked up: of others it is not known whether they are missing. */
  knows(key: string): boolean {
    return this.#followed.knows(key);
  }

  /** Follows the Secrets that are named, and serves the certificates that are touched. */
  update(nowMs: number): void {
    const { certificates, source, defaultSecret } = this.#options;
    const touched = this.#touched;
    for (const key of touched.secrets) this.#want(key, this.#claims.namedBy.has(key) || key === defaultSecret);
    if (this.#areNamesNew) this.#followed.follow(this.#ofCertificates.union(this.#others));
    this.#areNamesNew = false;
    this.#secrets.update();
    const present = [...touched.secrets].filter((key) => source.get("Secret", key) !== undefined);
    const found = certificates.use({
      claims: this.#claims,
      secrets: new Map(present.map((key) => [key, this.#secrets.get(key)])),
      defaultSecret,
      nowMs,
      touched: { ...touched, hostsOf: (key) => this.#claims.hostsOf(key) },
    });
    for (const key of touched.secrets) this.#report(key, found.get(key) ?? []);
    // Not before all of it is done: what makes it fail is tried again.
    touched.hosts.clear();
    touched.secrets.clear();
  }

  #want(key: string, isWanted: boolean): void {
    this.#secrets.mark(key);
    if (isWanted === this.#ofCertificates.has(key)) return;
    this.#areNamesNew = true;
    if (isWanted) this.#ofCertificates.add(key);
    else this.#ofCertificates.delete(key);
  }

  /** Reports what is wrong with the certificate of a Secret. */
  #report(key: string, found: readonly Problem[]): void {
    const { problems, source } = this.#options;
    problems.report(`certificate ${key}`, found);
    const isMissing =
      this.#ofCertificates.has(key) && this.#followed.knows(key) && source.get("Secret", key) === undefined;
    problems.report(`missing secret ${key}`, isMissing ? [secretMissing(key)] : []);
    const ingress = this.#claims.namedBy.get(key);
    const [problem] = [...(this.#unreadable.get(key) ?? []), ...found];
    if (ingress === undefined || problem === undefined) this.#certificateFaults.delete(key);
    else this.#certificateFaults.set(key, { ingress, reason: "CertificateUnusable", problem });
  }

  /** Reads what these Ingresses name besides certificates, and follows these others (`namespace/name`), too. `update` has to be called after it. */
  updateOthers(ingresses: readonly Ingress[], others: ReadonlySet<string>): void {
    const passwords = passwordClaims(ingresses);
    const ofEndpoints = certificateSecretClaims(ingresses);
    const ofSignIns = oidcSecretClaims(ingresses);
    const named = new Set([...passwords, ...ofEndpoints, ...ofSignIns].map(({ secret }) => secret)).union(others);
    if (named.symmetricDifference(this.#others).size > 0) this.#areNamesNew = true;
    this.#others = named;
    this.#otherFaults = [
      ...this.#updatePasswords(passwords),
      ...this.#updateEndpoints(ofEndpoints),
      ...this.#updateSignIns(ofSignIns),
    ];
  }

  /** Reads the Secrets with names and passwords; returns why paths are closed. */
  #updatePasswords(claims: readonly PasswordClaim[]): readonly SecretFault[] {
    const { problems, usePasswords } = this.#options;
    const found = findPasswordLists(claims, (key) => this.#lookUp(key));
    problems.report("secrets with passwords", found.problems);
    usePasswords(found.lists);
    return found.faults.map((fault) => ({ ...fault, reason: "NotServed" }));
  }

  /** Reads the Secrets with certificates for TLS to endpoints and the authorities of clients; returns why paths are closed. */
  #updateEndpoints(claims: readonly CertificateSecretClaim[]): readonly SecretFault[] {
    const { problems, useCertificateSecrets } = this.#options;
    const found = findCertificateSecrets(claims, (key) => this.#lookUp(key));
    problems.report("secrets with certificates", found.problems);
    useCertificateSecrets(found.secrets);
    return found.faults.map((fault) => ({ ...fault, reason: "NotServed" }));
  }

  /** Reads the Secrets that policies name for sign-in; returns why paths are closed. */
  #updateSignIns(claims: readonly OidcSecretClaim[]): readonly SecretFault[] {
    const { problems, useOidcSecrets } = this.#options;
    const found = findOidcSecrets(claims, (key) => this.#lookUp(key));
    problems.report("secrets for sign-in", found.problems);
    useOidcSecrets(found.secrets);
    return found.faults.map((fault) => ({ ...fault, reason: "NotServed" }));
  }

  /** Undefined: there is none; null: that is not known yet. */
  #lookUp(key: string): KubeObject | undefined | null {
    return this.#options.source.get("Secret", key) ?? (this.#followed.knows(key) ? undefined : null);
  }
}
