import { parseQuestionHeaders, type QuestionHeaders } from "#src/auth/parse-question-headers.ts";
import { parseSetHeaders, type SetHeaders } from "#src/filters/parse-set-headers.ts";
import { configMapClaims } from "#src/model/config-map-claims.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { missingHeaders } from "#src/model/missing-headers.ts";
import { parseOnce } from "#src/model/parse-once.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ProblemLog } from "#src/process/problem-log.ts";
import type { Source } from "#src/source/source.ts";
import { NamedObjects } from "./named-objects.ts";

/** The header fields that ConfigMaps name, by the keys (`namespace/name`) of these; none for one that cannot be used. */
export interface NamedHeaders {
  /** Of answers. */
  readonly ofAnswers: ReadonlyMap<string, SetHeaders>;
  /** Of questions who may come in. */
  readonly ofQuestions: ReadonlyMap<string, QuestionHeaders>;
}

export interface NamedConfigMapsOptions {
  readonly source: Source;
  readonly problems: ProblemLog;
  /** Names of header fields, in lower case, that may be set in answers. */
  readonly allowedHeaders: ReadonlySet<string>;
  /** Takes what the ConfigMaps say, whenever it may have changed. */
  readonly use: (headers: NamedHeaders) => void;
  /** Called when `update` has to be called again. */
  readonly mark: () => void;
}

const BY_INGRESS = "an Ingress names it in custom-headers or auth-proxy-set-headers";
const readAnswerHeaders = parseOnce(parseSetHeaders);
const readQuestionHeaders = parseOnce(parseQuestionHeaders);

/** Reads the ConfigMaps that Ingresses of ours name, by name, and no others. */
export class NamedConfigMaps {
  readonly #options: NamedConfigMapsOptions;
  readonly #followed: NamedObjects;

  constructor(options: NamedConfigMapsOptions) {
    this.#options = options;
    this.#followed = new NamedObjects(options.source, "ConfigMap", options.mark);
  }

  /** Resolves when all that were named last were looked up. */
  get settled(): Promise<void> {
    return this.#followed.settled;
  }

  /** Whether a ConfigMap was looked up: of others it is not known whether they are missing. */
  knows(key: string): boolean {
    return this.#followed.knows(key);
  }

  /** Follows what these Ingresses name, and these others (`namespace/name`), and hands on what the Ingresses' say. Of a source that has none to follow nothing is asked. */
  update(ingresses: readonly Ingress[], others: ReadonlySet<string>): void {
    const { source, problems, allowedHeaders, use } = this.#options;
    const { ofAnswers, ofQuestions } = configMapClaims(ingresses);
    const wanted = ofAnswers.union(ofQuestions);
    const followed = wanted.union(others);
    if (followed.size === 0 && !this.#followed.hasAny) return;
    this.#followed.follow(followed);
    const found: Problem[] = [];
    const read = <T>(keys: ReadonlySet<string>, parse: (key: string) => T | undefined) =>
      new Map(
        [...keys].flatMap((key) => {
          const value = parse(key);
          return value === undefined ? [] : [[key, value] as const];
        }),
      );
    const objectOf = (key: string) => source.get("ConfigMap", key);
    const headers: NamedHeaders = {
      ofAnswers: read(ofAnswers, (key) => {
        const object = objectOf(key);
        const parsed = object && readAnswerHeaders(object, allowedHeaders);
        found.push(...(parsed?.problems ?? []));
        return parsed?.value;
      }),
      ofQuestions: read(ofQuestions, (key) => {
        const object = objectOf(key);
        const parsed = object && readQuestionHeaders(object, undefined);
        found.push(...(parsed?.problems ?? []));
        return parsed?.ok === true ? parsed.value : undefined;
      }),
    };
    const missing = [...wanted].filter((key) => this.#followed.knows(key) && objectOf(key) === undefined);
    problems.report("header fields", [...found, ...missing.map((key) => missingHeaders(key, BY_INGRESS))]);
    use(headers);
  }
}
