import type { OpenRequest } from "#src/filters/client-limits.ts";
import { answerPreflight } from "#src/filters/cors.ts";
import { certificateRefusal } from "#src/filters/client-certificate.ts";
import type { FilterAnswer } from "#src/filters/filter-answer.ts";
import type { FilterState } from "#src/filters/filter-state.ts";
import { isBlocked } from "#src/filters/is-blocked.ts";
import { printRedirect } from "#src/filters/print-redirect.ts";
import { NO_FILTERS } from "#src/filters/rule-filters.ts";
import { runFilters } from "#src/filters/run-filters.ts";
import { checkSource } from "#src/filters/source-networks.ts";
import type { BlockedRequests } from "#src/model/blocked-requests.ts";
import { type LackingEndpoint, passthroughFor, route, type RouteDecision } from "#src/routing/route.ts";
import { normalizePath } from "#src/routing/path.ts";
import type { Rule } from "#src/routing/rule.ts";
import type { AnswerStatus } from "./h1/answer.ts";
import { clientIp } from "./client-ip.ts";
import type { EngineContext } from "./context.ts";
import { fieldValues } from "./field-values.ts";
import { MAX_HOPS } from "./h1/forwarded-request.ts";
import { FilteredRequest, type RequestClient } from "./filtered-request.ts";
import type { GrpcAnswer } from "./grpc/grpc-answer.ts";
import type { RequestHead } from "./request-head.ts";
import { pathText } from "./request-route.ts";
import { refusalReason, RESPONSE_REASONS, type ResponseReason } from "./response-reason.ts";

/** What one of our own answers says. */
export interface AnswerCause {
  readonly reason?: ResponseReason;
  readonly location?: string;
  /** Further header fields, name and value. */
  readonly fields?: FilterAnswer["fields"];
  /** The request is one of gRPC: what the answer says in its terms. */
  readonly grpc?: GrpcAnswer;
}

/** An answer without an endpoint. */
interface OwnAnswer {
  readonly kind: "answer";
  readonly status: AnswerStatus;
  readonly cause: AnswerCause;
  /** The rule that matched, where one did. */
  readonly rule?: Rule | undefined;
}

/** An endpoint answers. */
export type ForwardDecision = Extract<RouteDecision, { kind: "forward" }> & {
  /** To be released when the request has its answer, or is given up. */
  readonly open?: OpenRequest;
};

/** The request may come in as far as filters say. Its access is decided as that of any other, and then there is no endpoint for it. */
export interface LackingDecision extends LackingEndpoint {
  readonly kind: "lacking";
  readonly rule: Rule;
  readonly reason: ResponseReason;
  readonly open?: OpenRequest;
}

/** The request names no host or path that can be: what follows on its connection is not trusted. */
interface Refused {
  readonly kind: "refuse";
  readonly reason: ResponseReason;
  readonly rule?: undefined;
}

type Decision = ForwardDecision | LackingDecision | OwnAnswer | Refused;
type DecidingContext = Pick<EngineContext, "routes" | "requestTexts" | "knownHosts" | "blocked"> & FilterState;

/** Who answers a request: an endpoint of the backend, or we. */
export function decideRequest(
  bytes: Buffer,
  head: RequestHead,
  context: DecidingContext,
  client: RequestClient,
): Decision {
  const ofAll = decideForAll(bytes, head, context, client);
  if (ofAll !== undefined) return ofAll;
  const decision = decideByRule(bytes, head, context, client);
  const { rule } = decision;
  const policy = rule?.filters.clientCertificates;
  // Plain requests are redirected without a certificate, which they cannot have.
  if (rule === undefined || policy === undefined || (!client.isSecure && decision.kind === "answer")) return decision;
  const path = normalizePath(pathText(bytes, head)) ?? "/";
  const request = new FilteredRequest(bytes, head, { client, path });
  const { host } = request;
  const identity = host === undefined ? undefined : client.identityFor?.(host);
  const asked = { path: rule.origin.path, rewrite: rule.filters.rewrite };
  const reason = certificateRefusal(policy, { identity, isSecure: client.isSecure, host, rule: asked });
  if (reason === undefined) return decision;
  if (decision.kind === "forward" || decision.kind === "lacking") decision.open?.release();
  const { errorPage } = policy;
  if (reason === "client-certificate-denied")
    return { kind: "answer", status: RESPONSE_REASONS[reason].status, cause: { reason }, rule };
  if (errorPage === undefined || reason === "misdirected" || reason === "closed-secret")
    return { kind: "refuse", reason };
  return {
    kind: "answer",
    status: 302,
    cause: { reason, location: printRedirect(errorPage, request) },
    rule,
  };
}

/** The host is one whose endpoints alone are to read what clients say to it, and this client has said it here (RFC 9110 section 15.5.20). */
const MISDIRECTED: Refused = { kind: "refuse", reason: "misdirected" };

/** What is decided before any rule is asked; undefined: nothing. */
function decideForAll(
  bytes: Buffer,
  head: RequestHead,
  context: DecidingContext,
  client: RequestClient,
): OwnAnswer | Refused | undefined {
  if (context.blocked !== undefined && isBlockedRequest(context.blocked, { bytes, head }, client)) return BLOCKED;
  const isPassed = client.isSecure && context.routes.passthroughs > 0 && isPassedHost(bytes, head, context);
  return isPassed ? MISDIRECTED : undefined;
}

function isPassedHost(bytes: Buffer, head: RequestHead, { routes, knownHosts }: DecidingContext): boolean {
  const { text, found } = knownHosts.of(routes, bytes, head);
  return text !== "" && passthroughFor(routes, text, found) !== undefined;
}

const BLOCKED: OwnAnswer = { kind: "answer", status: 403, cause: { reason: "blocked" } };

function isBlockedRequest(
  blocked: BlockedRequests,
  { bytes, head }: { readonly bytes: Buffer; readonly head: RequestHead },
  client: RequestClient,
): boolean {
  return isBlocked(blocked, { clientIp: () => clientIp(client), valuesOf: (name) => fieldValues(bytes, head, name) });
}

function decideByRule(bytes: Buffer, head: RequestHead, context: DecidingContext, client: RequestClient): Decision {
  const more = context.requestTexts.useBytes(bytes);
  const { text: host, found } = context.knownHosts.of(context.routes, bytes, head);
  const decision = route(context.routes, { host, found, path: pathText(bytes, head), more });
  if (decision.kind === "refuse") {
    const reason = refusalReason(decision.reason);
    if (decision.status === 400) return { kind: "refuse", reason };
    const answer: OwnAnswer = { kind: "answer", status: decision.status, cause: { reason }, rule: decision.rule };
    const { rule, lacking } = decision;
    if (lacking === undefined || rule === undefined || rule.filters === NO_FILTERS) return answer;
    const without: LackingDecision = { kind: "lacking", rule, reason, ...lacking };
    const asked = filtered(without, new FilteredRequest(bytes, head, { client, path: lacking.path }), context);
    const { auth, errorPages } = rule.filters;
    if (asked.kind !== "lacking" || (auth ?? errorPages) !== undefined) return asked;
    asked.open?.release();
    return answer;
  }
  const { rule, path } = decision;
  if (decision.kind === "respond") {
    const { status, sources } = decision;
    const denied = sources && checkSource(sources, new FilteredRequest(bytes, head, { client, path }));
    return { kind: "answer", status: denied?.status ?? status, cause: denied ?? {}, rule };
  }
  if (decision.kind === "redirect") {
    const request = new FilteredRequest(bytes, head, { client, path });
    const preflight = rule.filters.cors && answerPreflight(rule.filters.cors, request);
    if (preflight !== undefined) return { kind: "answer", status: preflight.status, cause: preflight, rule };
    const location = printRedirect(decision.redirect, request);
    return { kind: "answer", status: decision.redirect.status, cause: { location }, rule };
  }
  if (head.hops >= MAX_HOPS) {
    const { status } = RESPONSE_REASONS.loop;
    return { kind: "answer", status, cause: { reason: "loop" }, rule };
  }
  if (rule.filters === NO_FILTERS) return decision;
  return filtered(decision, new FilteredRequest(bytes, head, { client, path }), context);
}

/** A decision, or the answer of a filter in its place. */
function filtered<D extends ForwardDecision | LackingDecision>(
  decision: D,
  request: FilteredRequest,
  state: FilterState,
): D | OwnAnswer {
  const { rule } = decision;
  const answer = runFilters(rule.filters, request, state);
  if (answer === undefined) return request.open === undefined ? decision : { ...decision, open: request.open };
  request.open?.release();
  return { kind: "answer", status: answer.status, cause: answer, rule };
}
