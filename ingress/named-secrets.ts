import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { parseTlsSecret, type TlsSecret } from "#src/model/tls-secret.ts";
import type { ProblemLog } from "#src/process/problem-log.ts";
import { ParsedObjects } from "#src/source/parsed-objects.ts";
import type { Source } from "#src/source/source.ts";
import { certificateClaims, claimedSecrets } from "#src/tls/certificate-claims.ts";
import type { Certificates } from "./tls/certificates.ts";

export interface NamedSecretsOptions {
  readonly source: Source;
  readonly certificates: Certificates;
  readonly problems: ProblemLog;
  /** The Secret (`namespace/name`) of the default certificate. */
  readonly defaultSecret: string | undefined;
  /** Called when `update` has to be called again. */
  readonly mark: () => void;
}

/** What is wrong with a Secret, and the oldest Ingress that names it. */
export interface SecretFault {
  readonly ingress: Ingress;
  readonly problem: Problem;
}

/** Reads the Secrets that Ingresses of ours name, by name: no others, because they may hold anything. */
export class NamedSecrets {
  readonly #options: NamedSecretsOptions;
  readonly #secrets: ParsedObjects<TlsSecret>;
  /** What is wrong with Secrets themselves, by key. */
  readonly #unreadable = new Map<string, readonly Problem[]>();
  /** Undefined: nothing was asked for yet. */
  #asked: ReadonlySet<string> | undefined;
  /** Those that were looked up: of the others it is not known whether they are missing. */
  #known: ReadonlySet<string> = new Set();
  #looking: Promise<void> = Promise.resolve();
  /** The last Problem that was found for each Secret. */
  #faults: readonly SecretFault[] = [];

  constructor(options: NamedSecretsOptions) {
    const { problems, source } = options;
    this.#options = options;
    this.#secrets = new ParsedObjects({
      get: (key) => source.get("Secret", key),
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
    return this.#looking;
  }

  /** What is wrong with the Secrets that are named now, one Problem for each. */
  get faults(): readonly SecretFault[] {
    return this.#faults;
  }

  /** Follows what these Ingresses name, and serves what of it can be used. */
  update(ingresses: readonly Ingress[], nowMs: number): void {
    const { certificates, problems, source, defaultSecret } = this.#options;
    const claims = certificateClaims(ingresses);
    const wanted = new Set([...claimedSecrets(claims), ...(defaultSecret === undefined ? [] : [defaultSecret])]);
    this.#follow(wanted);
    for (const key of wanted) this.#secrets.mark(key);
    this.#secrets.update();
    const present = [...wanted].filter((key) => source.get("Secret", key) !== undefined);
    const secrets = new Map(present.map((key) => [key, this.#secrets.get(key)]));
    const found = certificates.use({ claims, secrets, defaultSecret, nowMs });
    problems.report("certificates", [...found.values()].flat());
    const missing = [...wanted].filter((key) => this.#known.has(key) && !secrets.has(key));
    problems.report("missing secrets", missing.map(secretMissing));
    this.#faults = [...claims.namedBy].flatMap(([key, ingress]) => {
      const [problem] = [...(this.#unreadable.get(key) ?? []), ...(found.get(key) ?? [])];
      return problem === undefined ? [] : [{ ingress, problem }];
    });
  }

  #follow(wanted: ReadonlySet<string>): void {
    if (this.#asked?.symmetricDifference(wanted).size === 0) return;
    // What is named no longer is forgotten.
    for (const key of this.#asked ?? []) this.#secrets.mark(key);
    this.#asked = wanted;
    this.#looking = this.#look(wanted);
  }

  async #look(wanted: ReadonlySet<string>): Promise<void> {
    const { source, mark } = this.#options;
    await source.follow("Secret", wanted);
    this.#known = wanted;
    mark();
  }
}

function secretMissing(key: string): Problem {
  return {
    code: "INGRESS_SECRET_MISSING",
    at: objectAt("Secret", key),
    what: "Cannot serve its certificate",
    why: "an Ingress or --default-ssl-certificate names it, and it does not exist",
    fix: "Create it; until then the default certificate is served",
    severity: "warning",
  };
}
