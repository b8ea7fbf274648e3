import { checkSource } from "#src/filters/source-networks.ts";
import { printEndpoint } from "#src/routing/print-endpoint.ts";
import { hostOf } from "#src/routing/host.ts";
import { passthroughFor, routeUnread } from "#src/routing/route.ts";
import type { Rule } from "#src/routing/rule.ts";
import { badStep, type ExplainStep, listNames, okStep, unknownStep } from "./explain-step.ts";
import { REFUSAL_TEXTS } from "./request-reason.ts";
import type { UrlContext } from "./url-context.ts";
import { refusedStep, type UrlStep } from "./url-step.ts";

/** What becomes of a TLS connection that is passed on unread; nothing where it is not. */
export function explainPassthrough(context: UrlContext): readonly UrlStep[] {
  const { seen, question } = context;
  if (!question.isSecure) return [];
  const rule = passthroughFor(seen.table, question.authority);
  return rule === undefined ? [] : passedSteps(context, rule);
}

/** A request for such a host on a connection for another one, which is read; nothing for any other. */
export function explainMisdirected({ seen, question }: UrlContext): readonly UrlStep[] {
  if (!question.isSecure || passthroughFor(seen.table, question.hostField) === undefined) return [];
  const { status, fix } = REFUSAL_TEXTS.misdirected;
  const text = `TLS connections for ${question.hostField} are passed on unread (ssl-passthrough): on a connection for ${question.authority} the request is answered ${status}.`;
  return [refusedStep("host", "misdirected", { text, fix })];
}

function passedSteps(context: UrlContext, rule: Rule): readonly UrlStep[] {
  const { seen, question } = context;
  const host = hostOf(question.authority) ?? question.authority;
  const owner = `The Ingress "${rule.origin.object}" has the TLS connections for ${host} passed on unread (ssl-passthrough)`;
  const route = routeUnread(seen.table, rule);
  if (route.kind === "refuse" && route.reason.startsWith("closed-")) {
    const fix = "Run hawser check: it says why, and what to do.";
    const text = `${owner}, and they are closed: the client gets no TLS handshake.`;
    return [{ step: badStep("rule", { reason: route.reason, text, fix }), answer: { reason: route.reason } }];
  }
  const told = okStep("rule", {
    text: `${owner}: no path counts, and the client gets the certificate of the endpoint.`,
  });
  const asked = sourceSteps(context, rule);
  const isRefused = asked.some(({ answer }) => answer !== undefined);
  return [{ step: told }, ...asked, ...(isRefused ? [] : [endpointStep(context, rule)])];
}

/** What is asked of where the client comes from. */
function sourceSteps({ question }: UrlContext, { filters }: Rule): readonly UrlStep[] {
  return [filters.sources, filters.snippetSources].flatMap((sources): readonly UrlStep[] => {
    if (sources === undefined) return [];
    if (question.client === undefined)
      return [{ step: unknown("Whether the client may connect depends on its address.") }];
    const refused = checkSource(sources, { clientIp: question.client });
    if (refused?.reason === undefined) return [{ step: okStep("filter", { text: "The client may connect." }) }];
    const text = "The client may not connect from its address, and gets no TLS handshake.";
    const { fix } = REFUSAL_TEXTS[refused.reason];
    return [{ step: badStep("filter", { reason: refused.reason, text, fix }), answer: { reason: refused.reason } }];
  });
}

function unknown(text: string): ExplainStep {
  return unknownStep("filter", { text, fix: "Give the address of the client with --client ADDRESS." });
}

function endpointStep({ seen }: UrlContext, rule: Rule): UrlStep {
  const route = routeUnread(seen.table, rule);
  if (route.kind === "refuse") {
    const backend = rule.action.kind === "forward" ? rule.action.backend : "";
    const { services, slices } = seen.input;
    if (services === undefined || slices === undefined)
      return { step: unknownStep("endpoints", { text: `The endpoints of ${backend} cannot be known from here.` }) };
    const { reason } = route;
    const text = `${backend}: ${REFUSAL_TEXTS[reason].why}, or it is of type ExternalName. The client gets no TLS handshake.`;
    const fix = "Find out why no pod of the Service is ready.";
    return { step: badStep("endpoints", { reason, text, fix }), answer: { reason } };
  }
  const { key, endpoints } = route.backend;
  const names = endpoints.map(printEndpoint);
  const text = `${key} has ${names.length} that ${names.length === 1 ? "is" : "are"} ready: ${listNames(names)}.`;
  return { step: okStep("endpoints", { text }), answer: { service: key } };
}
