import { answerPreflight } from "./cors.ts";
import type { FilterAnswer } from "./filter-answer.ts";
import type { FilterRequest } from "./filter-request.ts";
import type { FilterState } from "./filter-state.ts";
import { limitByKey } from "./limit-by-key.ts";
import { limitClient } from "./limit-client.ts";
import { redirectToHttps } from "./redirect-to-https.ts";
import type { RuleFilters } from "./rule-filters.ts";
import { checkSource } from "./source-networks.ts";

/**
 * The answer of the first filter of a rule that gives one; undefined: the request goes on to an endpoint. The order is that
 * of nginx's phases:
 * 1. find config: the length of the body, against the largest allowed. The engine looks at it, also while the body comes;
 * 2. rewrite: preflights of CORS (also before redirects that are rules of their own), then redirects, among them the one to HTTPS;
 * 3. preaccess: limits of rates and connections, so that guesses of a password count; those of policies that are counted with
 *    other replicas, or by what a token says, belong to the access (`AccessLimits`);
 * 4. access: allowed and denied networks, then name and password, client certificate and external service; `satisfy`. The
 *    engine asks for name and password after these here (`AccessControl`), because that may take a while.
 * The path is rewritten after them, when the request is forwarded (`route`): all of them see the path that the client asked for.
 */
export function runFilters(filters: RuleFilters, request: FilterRequest, state: FilterState): FilterAnswer | undefined {
  const { cors, httpsRedirect, clientLimits, rateLimits, sources, snippetSources } = filters;
  return (
    (cors && answerPreflight(cors, request)) ??
    (httpsRedirect && redirectToHttps(httpsRedirect, request, state)) ??
    (clientLimits && limitClient(clientLimits, request, state)) ??
    (rateLimits && limitByKey(rateLimits, request, state)) ??
    (sources && checkSource(sources, request)) ??
    (snippetSources && checkSource(snippetSources, request))
  );
}
