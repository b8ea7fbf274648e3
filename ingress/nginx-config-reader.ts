import { parseRequestHeaders, type SetRequestHeaders } from "#src/auth/parse-request-headers.ts";
import { parseSetHeaders, type SetHeaders } from "#src/filters/parse-set-headers.ts";
import { missingConfig, missingHeadersOfAll } from "#src/model/ingress-nginx/missing-config.ts";
import { type NginxConfig, readNginxConfig, withNginxConfig } from "#src/model/ingress-nginx/nginx-config.ts";
import type { ProgramSettings } from "#src/model/ingress-nginx/program-settings.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { BlockedRequests } from "#src/model/blocked-requests.ts";
import { parseOnce } from "#src/model/parse-once.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ProblemLog } from "#src/process/problem-log.ts";
import type { Source } from "#src/source/source.ts";

export interface NginxConfigOptions {
  /** `namespace/name` of the ConfigMap. */
  readonly key: string;
  /** Whether the program does what one of its flags says. */
  readonly isInForce: (flag: string) => boolean;
  /** Takes the header fields of all messages whenever they may have changed; by default none are written. */
  readonly useHeaders?: (headers: HeadersOfAll) => void;
  /** Takes which requests are answered 403; by default none is. */
  readonly useBlocked?: (blocked: BlockedRequests | undefined) => void;
  /** Takes what is said of the program as a whole; by default its options count. */
  readonly useProgram?: (settings: ProgramSettings) => void;
}

/** Header fields of all messages, of the ConfigMaps that ingress-nginx's names; undefined: none. */
export interface HeadersOfAll {
  readonly ofAnswers: SetHeaders | undefined;
  readonly ofRequests: SetRequestHeaders | undefined;
}

const readAnswerHeaders = parseOnce(parseSetHeaders);
const readRequestHeaders = parseOnce(parseRequestHeaders);

/**
 * Reads ingress-nginx's ConfigMap for all Ingresses, and those with header fields that it names. Until it was read once, and the fields of
 * requests with it, it is not known who may come in, and all of them are closed; where one goes later, what it said stays in use. So
 * nothing becomes more open.
 */
export class NginxConfigReader {
  readonly #options: NginxConfigOptions;
  readonly #source: Pick<Source, "get">;
  readonly #problems: ProblemLog;
  #object: KubeObject | undefined;
  /** The ConfigMaps at the last look. */
  #seen: readonly (KubeObject | "missing" | "unknown")[] = [];
  #config: NginxConfig | undefined;
  #headers: HeadersOfAll = { ofAnswers: undefined, ofRequests: undefined };

  constructor(options: NginxConfigOptions, source: Pick<Source, "get">, problems: ProblemLog) {
    this.#options = options;
    this.#source = source;
    this.#problems = problems;
  }

  /** The ConfigMaps (`namespace/name`) that are read. */
  get named(): readonly string[] {
    const { addHeaders, setHeaders } = this.#config ?? {};
    return [this.#options.key, ...[addHeaders, setHeaders].filter((key) => key !== undefined)];
  }

  get #isClosed(): boolean {
    if (this.#config === undefined || this.#config.closesAll) return true;
    return this.#config.setHeaders !== undefined && this.#headers.ofRequests === undefined;
  }

  /** An Ingress with what holds for each that does not say otherwise. */
  applyTo(object: KubeObject): KubeObject {
    if (this.#config !== undefined && !this.#isClosed) return withNginxConfig(object, this.#config);
    return { ...object, metadata: { ...object.metadata, hasUnreadableAnnotations: true } };
  }

  /** Looks at the ConfigMaps that were looked up (`knows`); whether Ingresses have to be read again. */
  update(knows: (key: string) => boolean): boolean {
    const { key, isInForce, useHeaders, useBlocked, useProgram } = this.#options;
    if (!knows(key)) return false;
    const wasClosed = this.#isClosed;
    const object = this.#source.get("ConfigMap", key);
    const isOther = object !== undefined && object !== this.#object;
    if (isOther) this.#config = readNginxConfig(object, isInForce);
    this.#object = object ?? this.#object;
    const before = this.#seen;
    this.#seen = this.named.map((name) => this.#source.get("ConfigMap", name) ?? (knows(name) ? "missing" : "unknown"));
    // Endpoints come and go all the time, and change nothing here.
    if (this.#seen.every((one, index) => one === before[index])) return false;
    const missing = object === undefined ? [missingConfig(key, this.#config === undefined)] : [];
    this.#problems.report("nginx config", [...missing, ...(this.#config?.problems ?? []), ...this.#readHeaders(knows)]);
    useHeaders?.(this.#headers);
    if (this.#config?.closesAll === false) useBlocked?.(this.#config.blocked);
    if (this.#config !== undefined) useProgram?.(this.#config.program);
    return isOther || wasClosed !== this.#isClosed;
  }

  #readHeaders(knows: (key: string) => boolean): readonly Problem[] {
    const { addHeaders, setHeaders } = this.#config ?? {};
    const problems: Problem[] = [];
    const read = <T>(
      key: string | undefined,
      parse: (object: KubeObject) => { readonly value: T; readonly problems: readonly Problem[] },
      before: T | undefined,
    ): T | undefined => {
      if (key === undefined) return undefined;
      const object = this.#source.get("ConfigMap", key);
      const parsed = object && parse(object);
      problems.push(...(parsed?.problems ?? (knows(key) ? [missingHeadersOfAll(key, this.#options.key)] : [])));
      return parsed?.value ?? before;
    };
    const { ofAnswers, ofRequests } = this.#headers;
    this.#headers = {
      ofAnswers: read(addHeaders, (object) => readAnswerHeaders(object, "all"), ofAnswers),
      ofRequests: read(setHeaders, (object) => readRequestHeaders(object, undefined), ofRequests),
    };
    return problems;
  }
}
