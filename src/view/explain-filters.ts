import { answerPreflight } from "#src/filters/cors.ts";
import { ClientLimits } from "#src/filters/client-limits.ts";
import { KeyedBuckets } from "#src/filters/keyed-buckets.ts";
import { NO_FILTERS, type RuleFilters } from "#src/filters/rule-filters.ts";
import { runFilters } from "#src/filters/run-filters.ts";
import type { Rule } from "#src/routing/rule.ts";
import { badStep, type ExplainStep, okStep, unknownStep } from "./explain-step.ts";
import { FILTER_NAMES, printSettings, settingsOfFilter } from "./filter-settings.ts";
import { REFUSAL_TEXTS } from "./request-reason.ts";
import { answerOfFilter, type UrlContext } from "./url-context.ts";
import type { UrlStep } from "./url-step.ts";

type FilterName = keyof RuleFilters;

/** Filters that the step access is about. */
const OF_ACCESS: readonly FilterName[] = ["auth", "clientCertificates"];

/** The filters of a rule in the order in which the request meets them; the last one is that which answers it, if one does. */
export function explainFilters(context: UrlContext, { filters }: Rule): readonly UrlStep[] {
  const steps: UrlStep[] = [];
  for (const name of FILTER_NAMES.filter((one) => !OF_ACCESS.includes(one))) {
    const text = printSettings(settingsOfFilter(filters, name));
    if (text === "") continue;
    const found = explainFilter(context, filters, { name, text });
    steps.push(found);
    // A refusal is one among others that may be there; an answer that was asked for is the end.
    if (found.answer !== undefined && found.step.verdict === "ok") break;
  }
  return steps;
}

/** The answer of CORS to a preflight, which goes before redirects that are rules of their own; nothing for other requests. */
export function explainPreflight(context: UrlContext, { filters }: Rule): readonly UrlStep[] {
  const { cors } = filters;
  if (cors === undefined || answerPreflight(cors, context.request) === undefined) return [];
  return [explainFilter(context, filters, { name: "cors", text: printSettings(settingsOfFilter(filters, "cors")) })];
}

function explainFilter(
  { seen, question, request, decision }: UrlContext,
  filters: RuleFilters,
  { name, text }: { readonly name: FilterName; readonly text: string },
): UrlStep {
  const isByAddress = name === "sources" || name === "snippetSources";
  if (isByAddress && question.client === undefined)
    return {
      step: unknownStep("filter", {
        text: `${text}: whether the client may come in depends on its address.`,
        fix: GIVE_CLIENT,
      }),
    };
  const state = {
    redirectsToHttps: seen.input.redirectsToHttps,
    sslRedirectPort: seen.input.sslRedirectPort,
    clockMs: () => 0,
    clientLimits: new ClientLimits(),
    keyedBuckets: new KeyedBuckets(),
  };
  const answer = runFilters({ ...NO_FILTERS, [name]: filters[name] }, request, state);
  if (answer === undefined) {
    const effect = name === "clientLimits" ? beyondLimits(seen) : letsIn(name, decision);
    return { step: okStep("filter", { text: `${text}: ${effect}.` }) };
  }
  const { status, reason, location } = answer;
  if (reason === undefined) {
    const to = location === undefined ? "" : ` to ${location}`;
    return {
      step: okStep("filter", { text: `${text}: the request is answered ${status}${to}.` }),
      answer: answerOfFilter(answer),
    };
  }
  const { why, fix } = REFUSAL_TEXTS[reason];
  const step: ExplainStep = badStep("filter", {
    reason,
    text: `${text}: the request is answered ${status}: ${why}.`,
    fix,
  });
  return { step, answer: answerOfFilter(answer) };
}

const GIVE_CLIENT = "Give the address of the client with --client ADDRESS.";

/** What a filter does that answers nothing. */
function letsIn(name: FilterName, decision: UrlContext["decision"]): string {
  if (name === "rewrite" && decision.kind === "forward")
    return `the endpoint gets ${decision.rewrittenPath ?? decision.path}`;
  return EFFECTS[name] ?? "the request goes on";
}

/** What becomes of a client that asks for more than the limits of annotations. */
function beyondLimits({ input }: UrlContext["seen"]): string {
  const { rate, connections } = input.nginxConfig?.program.limitStatuses ?? {};
  const [byRate, byCount] = [rate, connections].map((status) => status ?? BY_OPTION);
  const said = byRate === byCount ? byRate : `${byRate} beyond a rate and ${byCount} with too many open requests`;
  return `a client that asks for more is answered ${said}; what it has asked for is known to the ingress alone`;
}

const BY_OPTION = "503, or as --limit-status says,";

const EFFECTS: Partial<Record<FilterName, string>> = {
  cors: "answers have its fields",
  bodyBytes: "a larger body is answered 413",
  rateLimits: "a request beyond it is answered 429; what was asked for is known to the ingress alone",
  sources: "the client may come in",
  snippetSources: "the client may come in",
  mirror: "a copy of the request is sent there, and its answer is ignored",
  requestFields: "the endpoint gets it",
  rewrites: "fields of the answer are changed",
  setHeaders: "answers have the fields that this ConfigMap names",
  responseEdit: "answers have it so",
  answerRate: "the answer is sent no faster",
  errorPages: "such an answer of an endpoint, or where none can be asked, is that of the default backend",
  transport: "applies to the endpoint",
  patience: "applies to the endpoint",
};
