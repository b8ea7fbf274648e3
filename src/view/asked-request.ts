import type { FilterRequest } from "#src/filters/filter-request.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import type { CanaryRequest } from "#src/routing/canary.ts";
import { hostOf } from "#src/routing/host.ts";
import type { UrlQuestion } from "./url-question.ts";

/** The request of a question, as routes and filters see requests. */
export class AskedRequest implements FilterRequest, CanaryRequest {
  readonly #question: UrlQuestion;
  readonly path: string;
  readonly chance: () => number;

  /** `path` is the normalised one; `chance` is what a canary draws. */
  constructor(question: UrlQuestion, path: string, chance: () => number) {
    this.#question = question;
    this.path = path;
    this.chance = chance;
  }

  get isSecure(): boolean {
    return this.#question.isSecure;
  }

  get clientAddress(): string {
    const { client } = this.#question;
    return client === undefined ? "" : printIp(client);
  }

  get clientIp(): Ip | undefined {
    return this.#question.client;
  }

  get visibleHost(): string | undefined {
    return hostOf(this.authority);
  }

  get authority(): string {
    return this.#question.hostField;
  }

  get method(): string {
    return this.#question.method;
  }

  get query(): string {
    return this.#question.query;
  }

  get target(): string {
    const { path, query } = this.#question;
    return query === "" ? path : `${path}?${query}`;
  }

  valuesOf(name: string): readonly string[] {
    return this.#question.fields.filter(([one]) => one === name).map(([, value]) => value);
  }

  header(name: string): string | undefined {
    const values = this.valuesOf(name);
    return values.length === 0 ? undefined : values.join(", ");
  }

  cookie(name: string): string | undefined {
    for (const pair of this.valuesOf("cookie").flatMap((value) => value.split(";"))) {
      const equals = pair.indexOf("=");
      if (equals > 0 && pair.slice(0, equals).trimStart().toLowerCase() === name)
        return pair.slice(equals + 1).trimEnd();
    }
    return undefined;
  }

  /** There is nothing to end: the request is asked about, and not sent. */
  holdOpen(): void {}
}
