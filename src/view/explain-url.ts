import type { Explanation } from "./explain.ts";
import type { ExplainStep } from "./explain-step.ts";
import { explainClientCertificate } from "./explain-client-certificate.ts";
import { explainAccess } from "./explain-access.ts";
import { explainBalancing, explainCanary, explainUrlEndpoints } from "./explain-url-endpoints.ts";
import { explainUrlCertificate } from "./explain-url-certificate.ts";
import { explainFilters, explainPreflight } from "./explain-filters.ts";
import { explainBlocked, explainFieldsOfAll, explainRejected } from "./explain-of-all.ts";
import { explainAddress, explainHost, explainListener } from "./explain-host.ts";
import { explainMisdirected, explainPassthrough } from "./explain-passthrough.ts";
import { explainRule } from "./explain-rule.ts";
import { nextStep } from "./next-step.ts";
import { REFUSAL_TEXTS } from "./request-reason.ts";
import type { SeenRoutes } from "./see-routes.ts";
import type { UrlAnswer } from "./url-answer.ts";
import { urlContext, type UrlContext } from "./url-context.ts";
import type { UrlQuestion } from "./url-question.ts";
import { refusedStep, type UrlStep } from "./url-step.ts";

/** Explains what becomes of one request: by the table, the filters and the certificates that the ingress has. */
export function explainUrl(seen: SeenRoutes, question: UrlQuestion): Explanation {
  const context = urlContext(seen, question);
  const steps = stepsOf(context);
  const { url, method } = question;
  const answer = steps.find((one) => one.answer !== undefined)?.answer ?? answerOfHost(context);
  const told = steps.map(({ step }) => step);
  return {
    subject: { kind: "URL", url, method, answer },
    steps: told.map(({ fix: _fix, ...step }) => step),
    next: nextStep({ input: seen.input }, told),
  };
}

function stepsOf(context: UrlContext): readonly UrlStep[] {
  const listener = asUrlStep(explainListener(context));
  const certificate = explainUrlCertificate(context).map(asUrlStep);
  const passed = explainPassthrough(context);
  if (passed.length > 0) return [listener, ...passed];
  const rejected = explainRejected(context);
  if (rejected.length > 0) return [listener, ...rejected];
  const fault = explainMethod(context);
  const blocked = fault === undefined ? explainBlocked(context) : [];
  if (blocked.some(({ answer }) => answer !== undefined)) return [listener, ...blocked, ...certificate];
  const inside = fault === undefined ? insideSteps(context) : [fault];
  return [listener, ...blocked, ...inside, ...explainFieldsOfAll(context, inside), ...certificate];
}

/** From the address to the endpoints. */
function insideSteps(context: UrlContext): readonly UrlStep[] {
  const { rule, decision, question } = context;
  const misdirected = explainMisdirected(context);
  if (misdirected.length > 0) return misdirected;
  const host = [...explainAddress(context), explainHost(context)].map(asUrlStep);
  const shown = explainClientCertificate(context);
  // Of a secure client its certificate is looked at before anything that the rule says.
  const before = question.isSecure ? [...host, ...shown] : host;
  const preflight = decision.kind === "redirect" && rule !== undefined ? explainPreflight(context, rule) : [];
  if (preflight.length > 0) return [...before, ...preflight];
  const found = [...before, ...explainRule(context)];
  const isDecided = found.some(({ answer }) => answer !== undefined) || decision.kind === "redirect";
  if (isDecided || rule === undefined) return found;
  const filters = explainFilters(context, rule);
  if (filters.some(({ answer, step }) => answer !== undefined && step.verdict === "ok")) return [...found, ...filters];
  return [
    ...found,
    ...filters,
    ...(question.isSecure ? [] : shown),
    ...explainAccess(context, rule),
    ...explainBalancing(context).map(asUrlStep),
    ...explainCanary(context, rule).map(asUrlStep),
    ...explainUrlEndpoints(context, rule),
  ];
}

function explainMethod({ question }: UrlContext): UrlStep | undefined {
  if (question.method !== "CONNECT" && question.method !== "TRACE") return undefined;
  const { status, why, fix } = REFUSAL_TEXTS["method-not-allowed"];
  const text = `The request is answered ${status}: ${why}.`;
  return refusedStep("request", "method-not-allowed", { text, fix });
}

/** Where no rule is asked. */
function answerOfHost({ decision }: UrlContext): UrlAnswer {
  return decision.kind === "refuse" ? { status: decision.status, reason: decision.reason } : {};
}

function asUrlStep(step: ExplainStep): UrlStep {
  return { step };
}
