import { authQuestion, type QuestionedRequest } from "#src/auth/auth-question.ts";
import type { AuthAnswer } from "#src/auth/auth-verdict.ts";
import { cacheMs } from "#src/auth/cache-ms.ts";
import { expandKey } from "#src/auth/expand-url.ts";
import type { ExternalAuth } from "#src/auth/external-auth.ts";
import type { AuthOutcome, AuthService } from "./auth-service.ts";
import { RecentMap } from "./recent-map.ts";

/** What came of asking a service; `busy`: too many other requests wait for it. */
export type ExternalOutcome = AuthOutcome | { readonly kind: "busy" };

/** Questions to one service that wait for an answer. */
const MAX_QUESTIONS = 256;
/** Answers that are kept. */
const MAX_KEPT = 8_192;

interface KeptAnswer {
  readonly answer: AuthAnswer;
  readonly untilMs: number;
}

/** Asks services whether requests may come in, and keeps answers for as long as their rules say. */
export class ExternalAuthorizer {
  readonly #service: Pick<AuthService, "ask">;
  readonly #clockMs: () => number;
  readonly #kept = new RecentMap<KeptAnswer>(MAX_KEPT);
  /** Questions under way whose answers will be kept: alike ones wait for one. */
  readonly #asked = new Map<string, Promise<AuthOutcome>>();
  /** How many are under way, by service. */
  readonly #waiting = new Map<string, number>();

  /** `clockMs`: monotonic milliseconds. */
  constructor(service: Pick<AuthService, "ask">, clockMs: () => number) {
    this.#service = service;
    this.#clockMs = clockMs;
  }

  /** At once, where an answer is kept, or too many wait. Never rejects. */
  ask(auth: ExternalAuth, request: QuestionedRequest): ExternalOutcome | Promise<ExternalOutcome> {
    const question = authQuestion(auth, request);
    const { scheme, host, port, method, target } = question;
    const place = `${scheme}://${host}:${port}`;
    const count = this.#waiting.get(place) ?? 0;
    if (auth.cacheKey === undefined) {
      return count >= MAX_QUESTIONS ? { kind: "busy" } : this.#count(place, this.#service.ask(question));
    }
    const key = JSON.stringify([method, place, target, expandKey(auth.cacheKey, request)]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#clockMs() < kept.untilMs) return { kind: "answer", answer: kept.answer };
    const same = this.#asked.get(key);
    if (same !== undefined) return same;
    if (count >= MAX_QUESTIONS) return { kind: "busy" };
    const outcome = this.#keep(key, auth, this.#count(place, this.#service.ask(question)));
    this.#asked.set(key, outcome);
    return outcome;
  }

  async #count(place: string, outcome: Promise<AuthOutcome>): Promise<AuthOutcome> {
    this.#waiting.set(place, (this.#waiting.get(place) ?? 0) + 1);
    const found = await outcome;
    const left = (this.#waiting.get(place) ?? 1) - 1;
    if (left === 0) this.#waiting.delete(place);
    else this.#waiting.set(place, left);
    return found;
  }

  async #keep(key: string, { cacheDurations }: ExternalAuth, outcome: Promise<AuthOutcome>): Promise<AuthOutcome> {
    const found = await outcome;
    this.#asked.delete(key);
    if (found.kind !== "answer") return found;
    const ms = cacheMs(found.answer, cacheDurations);
    if (ms > 0) this.#kept.set(key, { answer: found.answer, untilMs: this.#clockMs() + ms });
    return found;
  }
}
