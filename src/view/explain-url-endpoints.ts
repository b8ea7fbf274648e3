import { printEndpoint } from "#src/routing/print-endpoint.ts";
import { getSharded } from "#src/routing/sharded-map.ts";
import type { Backend } from "#src/routing/route-table.ts";
import type { Rule } from "#src/routing/rule.ts";
import { type ExplainStep, listNames, okStep, sentence, unknownStep } from "./explain-step.ts";
import { balancingSettings, printSettings } from "./filter-settings.ts";
import { REFUSAL_TEXTS } from "./request-reason.ts";
import type { UrlContext } from "./url-context.ts";
import { refusedStep, type UrlStep } from "./url-step.ts";
import { endpointSecretFault, printFault, serviceOfBackend } from "./view-routes.ts";

/** How the endpoint is chosen. */
export function explainBalancing({ decision }: UrlContext): readonly ExplainStep[] {
  if (decision.kind !== "forward") return [];
  const settings = printSettings(balancingSettings(decision.balancing));
  const text = settings === "" ? "The endpoints have requests in turns." : `The endpoint is chosen by: ${settings}.`;
  return [okStep("balancing", { text })];
}

/** Whether a canary has the request; nothing where the rule has none. */
export function explainCanary({ seen, decision, otherDecision }: UrlContext, { action }: Rule): readonly ExplainStep[] {
  const canary = action.kind === "forward" ? action.canary : undefined;
  if (canary === undefined) return [];
  const { object, backend, weight, total } = canary;
  const name = `The canary ${backend} of the Ingress "${object}"`;
  const takes = (one: UrlContext["decision"]): boolean => one.kind === "forward" && one.canary !== undefined;
  const endpoints = getSharded(seen.table.backends, backend)?.endpoints.length ?? 0;
  if (endpoints === 0) return [okStep("canary", { text: `${name} has no endpoint, and so no requests.` })];
  if (takes(decision)) return [okStep("canary", { text: `${name} has the request.` })];
  if (!takes(otherDecision)) return [okStep("canary", { text: `${name} does not have the request.` })];
  return [
    okStep("canary", {
      text: `${name} has ${weight} of ${total} such requests, by chance; the next step is about the others.`,
    }),
  ];
}

/** The endpoints that may have the request; nothing where none is asked. */
export function explainUrlEndpoints(context: UrlContext, rule: Rule): readonly UrlStep[] {
  const { decision } = context;
  if (decision.kind === "forward") return [forwardedTo(context, rule, decision.backend)];
  if (decision.kind !== "refuse") return [];
  const { reason } = decision;
  return reason === "no-service" || reason === "no-endpoint" ? [lackingIn(context, rule, reason)] : [];
}

function forwardedTo({ seen, question }: UrlContext, rule: Rule, { key, endpoints }: Backend): UrlStep {
  const isSecure = rule.filters.transport?.scheme !== "client" || question.isSecure;
  const fault = isSecure ? endpointSecretFault(seen, rule) : undefined;
  if (fault !== undefined) {
    const text = sentence(`${key}: the request is answered 503: ${printFault(fault)}`);
    return refusedStep("endpoints", "closed-secret", { text, fix: sentence(fault.fix) });
  }
  const answer = { service: key };
  const externalName = seen.externalNames.get(serviceOfBackend(key));
  if (externalName !== undefined) {
    const text = `${key} is of type ExternalName: its endpoints are the addresses of ${externalName}, which are not looked up here.`;
    return { step: unknownStep("endpoints", { text }), answer };
  }
  const names = endpoints.map(printEndpoint);
  const text = `${key} has ${names.length} that ${names.length === 1 ? "is" : "are"} ready: ${listNames(names)}.`;
  return { step: okStep("endpoints", { text }), answer };
}

function lackingIn({ seen }: UrlContext, { action }: Rule, reason: "no-service" | "no-endpoint"): UrlStep {
  const backend = action.kind === "forward" ? action.backend : "";
  const { services, slices } = seen.input;
  if (services === undefined || slices === undefined) {
    const text = `The endpoints of ${backend} cannot be known: Services or EndpointSlices may not be read.`;
    return { step: unknownStep("endpoints", { text }) };
  }
  const [namespace = ""] = serviceOfBackend(backend).split("/");
  const fix =
    reason === "no-service"
      ? "Create the Service, or fix its name and port in the Ingress."
      : `Find out why no pod is ready: kubectl --namespace ${namespace} get pods.`;
  const { status, why } = REFUSAL_TEXTS[reason];
  return refusedStep("endpoints", reason, { text: `${backend}: the request is answered ${status}: ${why}.`, fix });
}
