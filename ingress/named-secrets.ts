import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import { parseTlsSecret, type TlsSecret } from "#src/model/tls-secret.ts";
import type { ProblemLog } from "#src/process/problem-log.ts";
import { ParsedObjects } from "#src/source/parsed-objects.ts";
import type { Source } from "#src/source/source.ts";
import { certificateClaims, type Certificates } from "./tls/certificates.ts";

export interface NamedSecretsOptions {
  readonly source: Source;
  readonly certificates: Certificates;
  readonly problems: ProblemLog;
  /** Called when `update` has to be called again. */
  readonly mark: () => void;
}

/** Reads the Secrets that served Ingresses name, by name: the others are none of our business, and may hold anything. */
export class NamedSecrets {
  readonly #options: NamedSecretsOptions;
  readonly #secrets: ParsedObjects<TlsSecret>;
  /** Undefined: nothing was asked for yet. */
  #asked: ReadonlySet<string> | undefined;
  /** Those that were looked for: of the others it is not known whether they are missing. */
  #known: ReadonlySet<string> = new Set();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: NamedSecretsOptions) {
    const { problems, source } = options;
    this.#options = options;
    this.#secrets = new ParsedObjects({
      get: (key) => source.get("Secret", key),
      parse: parseTlsSecret,
      onProblems: (key, found) => problems.report(`Secret ${key}`, found),
    });
  }

  /** Resolves when all that were named last were looked for. */
  get settled(): Promise<void> {
    return this.#looking;
  }

  /** Follows what these Ingresses name, and serves what of it can be used. */
  update(ingresses: readonly Ingress[]): void {
    const { certificates, problems, source } = this.#options;
    const claims = certificateClaims(ingresses);
    const wanted = new Set(claims.values());
    this.#follow(wanted);
    for (const key of wanted) this.#secrets.mark(key);
    this.#secrets.update();
    const usable = new Map(
      [...wanted].flatMap((key) => {
        const secret = this.#secrets.get(key);
        return secret === undefined ? [] : [[key, secret] as const];
      }),
    );
    problems.report("certificates", certificates.use(claims, usable));
    const missing = [...wanted].filter((key) => this.#known.has(key) && source.get("Secret", key) === undefined);
    problems.report("missing secrets", missing.map(secretMissing));
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
    where: `Secret "${key}"`,
    what: "Cannot serve its certificate",
    why: "an Ingress names it, and there is none",
    fix: "Create it; until then the default certificate is served",
    severity: "warning",
  };
}
