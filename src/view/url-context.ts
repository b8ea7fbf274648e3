import type { FilterAnswer } from "#src/filters/filter-answer.ts";
import { normalizePath } from "#src/routing/path.ts";
import { route, type RouteDecision } from "#src/routing/route.ts";
import type { Rule } from "#src/routing/rule.ts";
import { AskedRequest } from "./asked-request.ts";
import type { SeenRoutes } from "./see-routes.ts";
import type { UrlAnswer } from "./url-answer.ts";
import type { UrlQuestion } from "./url-question.ts";

/** What all steps of one request are judged by. */
export interface UrlContext {
  readonly seen: SeenRoutes;
  readonly question: UrlQuestion;
  readonly request: AskedRequest;
  /** What the ingress decides, where a canary takes no request by chance. */
  readonly decision: RouteDecision;
  /** What it decides where a canary takes each request that chance may give it. */
  readonly otherDecision: RouteDecision;
  /** The rule that matched, where one did. */
  readonly rule: Rule | undefined;
}

/** Routes the request of a question by the very function that the ingress calls. */
export function urlContext(seen: SeenRoutes, question: UrlQuestion): UrlContext {
  const { hostField: host, path } = question;
  const asked = (chance: number): RouteDecision => {
    const more = new AskedRequest(question, path, () => chance);
    return route(seen.table, { host, path, more });
  };
  const decision = asked(NEVER);
  const request = new AskedRequest(question, normalizePath(path) ?? path, () => NEVER);
  return { seen, question, request, decision, otherDecision: asked(0), rule: decision.rule };
}

/** The highest number that `chance` gives: no weight is above it. */
const NEVER = 1 - Number.EPSILON / 2;

/** An answer of a filter, as `UrlAnswer` has it. */
export function answerOfFilter({ status, reason, location }: FilterAnswer): UrlAnswer {
  return { status, reason: reason ?? "", ...(location !== undefined && { location }) };
}
