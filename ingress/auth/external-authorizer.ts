import { hash } from "node:crypto";
import { type AuthQuestion, authQuestion, type QuestionedRequest } from "#src/auth/auth-question.ts";
import type { AuthAnswer } from "#src/auth/auth-verdict.ts";
import { cacheMs } from "#src/auth/cache-ms.ts";
import { expandKey } from "#src/auth/expand-url.ts";
import type { ExternalAuth } from "#src/auth/external-auth.ts";
import type { QuestionHeaders } from "#src/auth/parse-question-headers.ts";
import type { AuthOutcome, AuthService } from "./auth-service.ts";
import { RecentMap } from "#src/collections/recent-map.ts";

/** What came of asking a service; `busy`: too many other requests wait for it. */
export type ExternalOutcome = AuthOutcome | { readonly kind: "busy" };

/** Requests that wait for an answer of one service. */
const MAX_QUESTIONS = 256;
/** Answers that are kept. Clients can make up what is refused, so that has a bound of its own. */
const MAX_LET_IN = 8_192;
const MAX_REFUSED = 1_024;

/** What came of a question, and whether that is for all requests with its key. */
interface FirstOutcome {
  readonly outcome: AuthOutcome;
  readonly isForAll: boolean;
}

interface KeptAnswer {
  readonly answer: AuthAnswer;
  readonly untilMs: number;
}

/** Asks services whether requests may come in, and keeps answers for as long as their rules say. */
export class ExternalAuthorizer {
  readonly #service: Pick<AuthService, "ask">;
  readonly #clockMs: () => number;
  readonly #letIn = new RecentMap<KeptAnswer>(MAX_LET_IN);
  readonly #refused = new RecentMap<KeptAnswer>(MAX_REFUSED);
  /** Questions under way whose answers will be kept: alike ones wait for one. */
  readonly #asked = new Map<string, Promise<FirstOutcome>>();
  /** How many are under way, by service. */
  readonly #waiting = new Map<string, number>();

  /** `clockMs`: monotonic milliseconds. */
  constructor(service: Pick<AuthService, "ask">, clockMs: () => number) {
    this.#service = service;
    this.#clockMs = clockMs;
  }

  /** At once, where an answer is kept, or too many wait. Never rejects. */
  ask(
    auth: ExternalAuth,
    request: QuestionedRequest,
    headers: QuestionHeaders = [],
  ): ExternalOutcome | Promise<ExternalOutcome> {
    const question = authQuestion(auth, request, headers);
    const service = `${question.scheme}://${question.host}:${question.port}`;
    const isBusy = (this.#waiting.get(service) ?? 0) >= MAX_QUESTIONS;
    if (auth.cacheKey === undefined)
      return isBusy ? { kind: "busy" } : this.#count(service, this.#service.ask(question, auth.place));
    const key = keyOf(auth, request, question);
    const kept = this.#letIn.get(key) ?? this.#refused.get(key);
    if (kept !== undefined && this.#clockMs() < kept.untilMs) return { kind: "answer", answer: kept.answer };
    return isBusy ? { kind: "busy" } : this.#count(service, this.#askWithOthers(key, auth, question));
  }

  /** Asks, or takes what comes of the same question where that is for all: an answer that sets a cookie is for one client. */
  async #askWithOthers(key: string, auth: ExternalAuth, question: AuthQuestion): Promise<AuthOutcome> {
    const same = this.#asked.get(key);
    if (same !== undefined) {
      const { outcome, isForAll } = await same;
      return isForAll ? outcome : this.#service.ask(question, auth.place);
    }
    const first = this.#askFirst(key, auth, question);
    this.#asked.set(key, first);
    const { outcome } = await first;
    return outcome;
  }

  async #askFirst(key: string, auth: ExternalAuth, question: AuthQuestion): Promise<FirstOutcome> {
    const { place, cacheDurations } = auth;
    const outcome = await this.#service.ask(question, place);
    this.#asked.delete(key);
    if (outcome.kind !== "answer") return { outcome, isForAll: true };
    const { answer } = outcome;
    const ms = cacheMs(answer, cacheDurations);
    if (ms > 0) this.#keep(key, { answer, untilMs: this.#clockMs() + ms });
    return { outcome, isForAll: ms > 0 };
  }

  #keep(key: string, kept: KeptAnswer): void {
    const isLetIn = kept.answer.status < 300;
    (isLetIn ? this.#refused : this.#letIn).delete(key);
    (isLetIn ? this.#letIn : this.#refused).set(key, kept);
  }

  async #count(service: string, outcome: Promise<AuthOutcome>): Promise<AuthOutcome> {
    this.#waiting.set(service, (this.#waiting.get(service) ?? 0) + 1);
    const found = await outcome;
    const left = (this.#waiting.get(service) ?? 1) - 1;
    if (left === 0) this.#waiting.delete(service);
    else this.#waiting.set(service, left);
    return found;
  }
}

/** Of what an answer is kept under, a digest: clients make it as long as they like. */
function keyOf(auth: ExternalAuth, request: QuestionedRequest, question: AuthQuestion): string {
  const { scheme, host, port, method, target } = question;
  const values = expandKey(auth.cacheKey ?? [], request);
  return hash(
    "sha256",
    JSON.stringify([auth.place, request.host, method, scheme, host, port, target, values]),
    "base64",
  );
}
