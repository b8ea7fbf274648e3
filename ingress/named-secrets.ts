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
import { certificateClaims, claimedSecrets } from "#src/tls/certificate-claims.ts";
import type { CertificateSecret } from "#src/tls/certificate-secret.ts";
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
  /** Called when `update` has to be called again. */
  readonly mark: () => void;
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
  /** Those that are named for certificates. */
  #ofCertificates: ReadonlySet<string> = new Set();
  readonly #followed: NamedObjects;
  /** The last Problem that was found for each Secret. */
  #faults: readonly SecretFault[] = [];

  constructor(options: NamedSecretsOptions) {
    const { problems, source, mark } = options;
    this.#options = options;
    this.#followed = new NamedObjects(source, "Secret", mark);
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
    return this.#faults;
  }

  /** Whether a Secret was looked up: of others it is not known whether they are missing. */
  knows(key: string): boolean {
    return this.#followed.knows(key);
  }

  /** Follows what these Ingresses name, and these others (`namespace/name`), and serves what of it can be used. */
  update(ingresses: readonly Ingress[], nowMs: number, others: ReadonlySet<string>): void {
    const { certificates, problems, source, defaultSecret } = this.#options;
    const claims = certificateClaims(ingresses);
    const wanted = new Set([...claimedSecrets(claims), ...(defaultSecret === undefined ? [] : [defaultSecret])]);
    const passwords = passwordClaims(ingresses);
    const ofEndpoints = certificateSecretClaims(ingresses);
    const ofSignIns = oidcSecretClaims(ingresses);
    const named = new Set([...passwords, ...ofEndpoints, ...ofSignIns].map(({ secret }) => secret));
    this.#followed.follow(wanted.union(named).union(others));
    // What is named no longer is forgotten.
    for (const key of wanted.union(this.#ofCertificates)) this.#secrets.mark(key);
    this.#ofCertificates = wanted;
    this.#secrets.update();
    const present = [...wanted].filter((key) => source.get("Secret", key) !== undefined);
    const secrets = new Map(present.map((key) => [key, this.#secrets.get(key)]));
    const found = certificates.use({ claims, secrets, defaultSecret, nowMs });
    problems.report("certificates", [...found.values()].flat());
    const missing = [...wanted].filter((key) => this.#followed.knows(key) && !secrets.has(key));
    problems.report("missing secrets", missing.map(secretMissing));
    const unusable = [...claims.namedBy].flatMap(([key, ingress]): readonly SecretFault[] => {
      const [problem] = [...(this.#unreadable.get(key) ?? []), ...(found.get(key) ?? [])];
      return problem === undefined ? [] : [{ ingress, reason: "CertificateUnusable", problem }];
    });
    this.#faults = [
      ...unusable,
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
