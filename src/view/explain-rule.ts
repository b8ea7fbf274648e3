import { printRedirect } from "#src/filters/print-redirect.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import { hostOf } from "#src/routing/host.ts";
import { hostEntryFor } from "#src/routing/route.ts";
import type { Rule } from "#src/routing/rule.ts";
import { badStep, okStep, sentence } from "./explain-step.ts";
import { REFUSAL_TEXTS } from "./request-reason.ts";
import type { UrlContext } from "./url-context.ts";
import type { UrlStep } from "./url-step.ts";
import { printPolicies, viewPolicies } from "./view-policies.ts";
import { closingProblem, whyRuleClosed } from "./view-routes.ts";

/** Reasons that are about endpoints, and not about the rule. */
const OF_ENDPOINTS: readonly string[] = ["no-service", "no-endpoint"];

/** The rule that has the request; nothing where no rules are for its host. */
export function explainRule(context: UrlContext): readonly UrlStep[] {
  const { seen, question, request, decision, rule } = context;
  const host = hostOf(question.hostField);
  const isOurs = rule?.origin.object === "";
  if (host === undefined || (hostEntryFor(seen.table, host) === undefined && !isOurs)) return [];
  const from = question.path === request.path ? "" : ` It is compared as ${request.path}.`;
  if (decision.kind === "redirect") {
    const { status } = decision.redirect;
    const location = printRedirect(decision.redirect, request);
    const text = `${nameOf(decision.rule)} redirects it: ${status} to ${location}.${from}`;
    return [{ step: okStep("rule", { text }), answer: { status, reason: "", location } }];
  }
  if (decision.kind === "respond") {
    const { status } = decision;
    const text = `${nameOf(decision.rule)} answers it: ${status}, as a snippet of the Ingress says.${from}`;
    return [{ step: okStep("rule", { text }), answer: { status, reason: "" } }];
  }
  if (decision.kind === "forward" || OF_ENDPOINTS.includes(decision.reason))
    return rule === undefined
      ? []
      : [{ step: okStep("rule", { text: `${nameOf(rule)} has it.${from}${policiesOf(rule)}` }) }];
  return [refusedBy(context, decision, from)];
}

function refusedBy(
  { seen, request }: UrlContext,
  decision: Extract<UrlContext["decision"], { kind: "refuse" }>,
  from: string,
): UrlStep {
  const { reason, status, rule } = decision;
  const answer = { status, reason };
  const { why, fix } = REFUSAL_TEXTS[reason];
  if (rule !== undefined) {
    const problem = closingProblem(seen, rule);
    const closing = problem === undefined ? whyRuleClosed(seen, rule) : sentence(closingText(reason, problem));
    const text = `${nameOf(rule)} is closed, and the request is answered ${status}: ${why}.${from} ${closing}`;
    return {
      step: badStep("rule", { reason, text, fix: problem === undefined ? LOOK : sentence(problem.fix) }),
      answer,
    };
  }
  const text = `The request for ${request.path} is answered ${status}: ${why}.${from}`;
  return { step: badStep("rule", { reason, text, fix: fix === "" ? ADD_PATH : fix }), answer };
}

function closingText(reason: string, { at, what, why }: Problem): string {
  return `${reason === "closed-policy" ? `${printPlace(at)}: ` : ""}${what}: ${why}`;
}

const LOOK = "hawser check says what is wrong with the Ingress.";
const ADD_PATH = "Add the path to an Ingress of the host. hawser routes --host HOST shows the paths that there are.";

/** What HTTPPolicies say of a rule, as a sentence; empty where none is attached. */
function policiesOf(rule: Rule): string {
  const policies = viewPolicies(rule);
  return policies.length === 0 ? "" : ` What policies say of it: ${printPolicies(policies)}.`;
}

function nameOf({ origin }: Rule): string {
  const { object, path, pathType } = origin;
  if (object === "") return "The Service of --default-backend-service";
  if (pathType === "default") return `The default backend of the Ingress "${object}"`;
  return `The path ${path === "" ? "(all of the host)" : path} (${pathType}) of the Ingress "${object}"`;
}
