import type { SourceNetworks } from "#src/filters/source-networks.ts";
import type { ClientCertificatePolicy } from "#src/filters/client-certificate.ts";
import type { Redirect } from "#src/model/annotations/redirects.ts";
import type { ClosedReason } from "#src/model/closed-reason.ts";
import type { SnippetStatus } from "#src/model/snippets/snippet.ts";
import type { Balancing } from "./balancing.ts";
import { backendOfSession, type Canary, type CanaryRequest, takesCanary } from "./canary.ts";
import { closedRule } from "./closed-pattern.ts";
import { hostMatches } from "#src/pattern/host-pattern.ts";
import type { StepBudget } from "#src/pattern/match-program.ts";
import { byService } from "./by-service.ts";
import { guardRule } from "./host-guard.ts";
import { hostOf, wildcardOf } from "./host.ts";
import { decodedPaths, isForwardedNormalized, normalizePath } from "./path.ts";
import { patternRule } from "./pattern-routes.ts";
import { longestPrefix } from "./prefix.ts";
import { rewritePath } from "./rewrite.ts";
import { getSharded } from "./sharded-map.ts";
import type { AliasPattern, Backend, HostRoutes, RouteTable } from "./route-table.ts";
import type { ForwardAction, Rule } from "./rule.ts";

/**
 * Steps for all regular expressions that the host and the path of a request are compared with, some 50 ms: one Ingress could have
 * thousands of them, and while they are compared no other request is served. A usual one takes up to 50,000 for a path of
 * 8,000 characters.
 */
const MAX_STEPS = 5_000_000;
/** Of these, what expressions for hosts of one namespace may take, so that they neither stop nor slow requests for the hosts of others. */
const MAX_HOST_STEPS = 250_000;

/** What of a request decides where it goes. */
export interface RouteRequest {
  /** Host header or the authority of an absolute target, port included; empty for HTTP/1.0 without Host. */
  readonly host: string;
  /** The target's path without query, bytes as Latin-1 characters. */
  readonly path: string;
  /** What a canary asks; without it canaries get no requests. */
  readonly more?: CanaryRequest;
  /** What `findHost` found for the host in the same table; without it the host is looked for. */
  readonly found?: FoundHost | undefined;
}

/** What the host of a request leads to. */
export interface FoundHost {
  /** The rules for it; undefined: there are none. */
  readonly rules: HostRoutes | undefined;
}

/** Why a request goes nowhere. The reasons that logs and metrics show (`ResponseReason` of the ingress) have the same names. */
export type RouteRefusal =
  | "bad-host"
  | "bad-path"
  | "target-too-long"
  | "no-route"
  | "no-service"
  | "no-endpoint"
  | ClosedReason;

export type RouteDecision =
  | {
      readonly kind: "forward";
      readonly rule: Rule;
      readonly backend: Backend;
      /** How its endpoints are chosen; undefined: in turns. */
      readonly balancing: Balancing | undefined;
      /** The canary that gets the request; undefined: the rule's own backend does. */
      readonly canary: Canary | undefined;
      /** The normalised path, which every decision about the request looks at. */
      readonly path: string;
      /** The path to send instead of the one that came; undefined: forward the bytes as they came. */
      readonly rewrittenPath: string | undefined;
    }
  | {
      readonly kind: "redirect";
      readonly rule: Rule;
      readonly redirect: Redirect;
      /** The normalised path. */
      readonly path: string;
    }
  | {
      readonly kind: "respond";
      readonly rule: Rule;
      readonly status: SnippetStatus;
      /** Clients from elsewhere are answered 403. */
      readonly sources: SourceNetworks | undefined;
      readonly path: string;
    }
  | {
      readonly kind: "refuse";
      readonly status: 400 | 404 | 414 | 503;
      readonly reason: RouteRefusal;
      /** The rule that matched, where one did. */
      readonly rule?: Rule;
      /** The rule says nothing against the request: only an endpoint is missing. */
      readonly lacking?: LackingEndpoint;
    };

/** What is known of a request that would be forwarded, had its backend an endpoint: all that its filters and its access look at. */
export interface LackingEndpoint {
  /** The normalised path. */
  readonly path: string;
  /** For requests that name no host; empty where the Service does not exist. */
  readonly backendHost: string;
}

/**
 * Where a request goes. The host is chosen first and for good (exact, then wildcard, then catch-all), the path within it:
 * Exact, else the longest prefix or regular expression, else the default backend of the host's first Ingress, else that of the catch-all,
 * else the rule for what no other one matches. A closed rule takes its requests as any other would, and refuses them; also
 * those that only some endpoints would read as requests for its path. Of these, a restricted one refuses those that came to
 * a rule with other restrictions.
 */
export function route(table: RouteTable, request: RouteRequest): RouteDecision {
  const budget = { left: MAX_STEPS };
  const host = request.found ?? findHost(table, request.host, budget);
  if (host === undefined) return BAD_HOST;
  const path = normalizePath(request.path);
  if (path === undefined) return BAD_PATH;
  const { rules } = host;
  // What is behind client certificates stays so where no rule matches.
  const isOpen = rules?.clientCertificates === undefined;
  const found = matchPath(rules, path, budget) ?? (isOpen ? getSharded(table.hosts, "")?.fallback : undefined);
  const matched = guarded(rules, { path, found, budget }) ?? found ?? (isOpen ? table.fallback : undefined);
  if (budget.left < 0) return TOO_LONG;
  if (matched === undefined) return NO_ROUTE;
  const { action } = matched;
  if (action.kind === "closed") return unavailable(matched, action.reason);
  if (action.kind === "redirect") return { kind: "redirect", rule: matched, redirect: action, path };
  if (action.kind === "respond")
    return { kind: "respond", rule: matched, status: action.status, sources: action.sources, path };
  const refused = refusedAlias(rules, { path, matched, budget });
  if (refused !== undefined) return refused;
  const decision = forward(table, request, { rule: matched, action, path });
  // While its Service has no endpoint it is as if there were none.
  return matched === table.fallback && decision.kind === "refuse" ? NO_ROUTE : decision;
}

/** Whether any rule names a host (in lower case, without final dot), or stands for it: its wildcard, an alias. Those of the catch-all do not. */
export function isKnownHost(table: RouteTable, host: string): boolean {
  return hostRoutes(table, host, { left: MAX_STEPS }) !== undefined;
}

/** What the host of a request (as in `RouteRequest`) leads to; undefined: it is none. */
export function findHost(
  table: RouteTable,
  text: string,
  budget: StepBudget = { left: MAX_STEPS },
): FoundHost | undefined {
  const host = text === "" ? "" : hostOf(text);
  return host === undefined ? undefined : { rules: rulesFor(table, host, budget) };
}

/** Which client certificates are asked for on connections for a host (in lower case, without final dot); undefined: none. */
export function clientCertificatesFor(table: RouteTable, host: string): ClientCertificatePolicy | undefined {
  return rulesFor(table, host, { left: MAX_STEPS })?.clientCertificates;
}

/** The rule for TLS connections of clients that name this server, in any case; undefined: they are read. `found`: as of `RouteRequest`. */
export function passthroughFor(table: RouteTable, serverName: string, found?: FoundHost): Rule | undefined {
  if (table.passthroughs === 0 || serverName === "") return undefined;
  return (found ?? findHost(table, serverName))?.rules?.passthrough;
}

/** Where a connection goes that is not read: to the Service of a rule, whatever its path. */
export function routeUnread(
  table: RouteTable,
  { action }: Rule,
):
  | { readonly kind: "forward"; readonly backend: Backend }
  | { readonly kind: "refuse"; readonly reason: ClosedReason | "no-service" | "no-endpoint" } {
  if (action.kind === "closed") return { kind: "refuse", reason: action.reason };
  if (action.kind !== "forward") return { kind: "refuse", reason: "closed-unsupported" };
  const backend = getSharded(table.backends, action.backend);
  if (backend === undefined) return { kind: "refuse", reason: "no-service" };
  // Names outside of the cluster get none: the author of a Service could have connections led back here, again and again.
  if (backend.endpoints.length === 0 || backend.isExternal === true) return { kind: "refuse", reason: "no-endpoint" };
  return { kind: "forward", backend: action.isByService === true ? byService(backend) : backend };
}

/** The rules for a host, else those for all hosts; undefined: there are neither. */
function rulesFor(table: RouteTable, host: string, budget: StepBudget): HostRoutes | undefined {
  return hostRoutes(table, host, budget) ?? getSharded(table.hosts, "");
}

/** The rule of a guard of the host: for the path, and for those which some programs read it as. What is closed stays so. */
function guarded(
  rules: HostRoutes | undefined,
  { path, found, budget }: { readonly path: string; readonly found: Rule | undefined; readonly budget: StepBudget },
): Rule | undefined {
  if (rules === undefined || rules.guards.all.length === 0 || found?.action.kind === "closed") return undefined;
  for (const one of [path, ...decodedPaths(path)]) {
    const rule = guardRule(rules.guards, { path: one, found, budget });
    if (rule !== undefined) return rule;
  }
  return undefined;
}

/** Where a request goes that is forwarded: to the rule's own backend, or to its canary. */
function forward(
  table: RouteTable,
  request: RouteRequest,
  { rule, action, path }: { readonly rule: Rule; readonly action: ForwardAction; readonly path: string },
): RouteDecision {
  const { filters, origin } = rule;
  const canary = action.canary && request.more && canaryFor(action, table, request.more);
  const first = getSharded(table.backends, canary === undefined ? action.backend : canary.backend);
  const lacks = first === undefined || first.endpoints.length === 0;
  const other = lacks && action.fallback !== undefined ? getSharded(table.backends, action.fallback) : undefined;
  const isOther = other !== undefined && other.endpoints.length > 0;
  const backend = isOther ? other : first;
  if (backend === undefined) return unavailable(rule, "no-service", { path, backendHost: "" });
  if (backend.endpoints.length === 0) return unavailable(rule, "no-endpoint", { path, backendHost: backend.host });
  const kept = isForwardedNormalized(request.path) ? path : undefined;
  const rewrittenPath = filters.rewrite ? rewritePath(path, origin.path, filters.rewrite) : kept;
  if (filters.rewrite !== undefined && rewrittenPath === undefined) return BAD_PATH;
  const { balancing, isByService } = canary ?? action;
  if (isOther) return { kind: "forward", rule, backend, balancing: undefined, canary, path, rewrittenPath };
  const reached = isByService === true ? byService(backend) : backend;
  return { kind: "forward", rule, backend: reached, balancing, canary, path, rewrittenPath };
}

/** The canary of a rule, where it gets the request: not while it has no endpoint. */
function canaryFor(
  { backend, balancing, canary }: ForwardAction,
  table: RouteTable,
  request: CanaryRequest,
): Canary | undefined {
  const other = canary && getSharded(table.backends, canary.backend);
  if (canary === undefined || other === undefined || other.endpoints.length === 0) return undefined;
  const main = getSharded(table.backends, backend);
  const cookie = canary.keepsSessions ? balancing?.affinity?.readName : undefined;
  const keys = { main: main?.key ?? backend, canary: other.key };
  const ofSession = cookie === undefined ? undefined : backendOfSession(cookie, keys, request);
  const isTaken = ofSession === undefined ? takesCanary(canary, request) : ofSession === "canary";
  return isTaken ? canary : undefined;
}

function unavailable(rule: Rule, reason: RouteRefusal, lacking?: LackingEndpoint): RouteDecision {
  return { kind: "refuse", status: 503, reason, rule, ...(lacking && { lacking }) };
}

/**
 * The refusal of a path that some programs read as another one, whose rule is closed, or has other restrictions than
 * this one's.
 */
function refusedAlias(
  rules: HostRoutes | undefined,
  { path, matched, budget }: { readonly path: string; readonly matched: Rule; readonly budget: StepBudget },
): RouteDecision | undefined {
  if (rules?.hasGuarded !== true) return undefined;
  for (const one of decodedPaths(path)) {
    const rule = matchPath(rules, one, budget);
    if (budget.left < 0) return TOO_LONG;
    if (rule?.action.kind === "closed") return unavailable(rule, rule.action.reason);
    if (rule?.isRestricted === true && !isOnSameTerms(rule, matched)) return BAD_PATH;
  }
  return undefined;
}

/** Whether two rules restrict the same: those of one Ingress do, where the same policies are attached to them. */
function isOnSameTerms(left: Rule, right: Rule): boolean {
  return left.origin.object === right.origin.object && left.applied === right.applied;
}

/** The rules of a host: those of its name or alias, else of its wildcard or the alias of that, else of the first expression that matches. */
function hostRoutes(table: RouteTable, host: string, budget: StepBudget): HostRoutes | undefined {
  const exact = namedRoutes(table, host);
  if (exact !== undefined) return exact;
  const wildcard = wildcardOf(host);
  const found = wildcard === undefined ? undefined : namedRoutes(table, wildcard);
  if (found !== undefined || table.aliasPatterns.length === 0) return found;
  const matched = matchAlias(table.aliasPatterns, host, budget);
  return matched && getSharded(table.hosts, matched.host);
}

/** The first expression that matches a host. Of a namespace whose expressions took too many steps already no further one is compared. */
function matchAlias(patterns: readonly AliasPattern[], host: string, budget: StepBudget): AliasPattern | undefined {
  const left = new Map<string, StepBudget>();
  return patterns.find(({ pattern, namespace }) => {
    const own = left.get(namespace) ?? { left: MAX_HOST_STEPS };
    left.set(namespace, own);
    if (budget.left < 0 || own.left < 0) return false;
    const before = own.left;
    const isMatch = hostMatches(pattern, host, own);
    budget.left -= before - own.left;
    return isMatch;
  });
}

/** Which entry of `hosts` has the requests for a host (as `hostOf` gives it), as `route` chooses it; undefined: none has. */
export function hostEntryFor(table: RouteTable, host: string): string | undefined {
  const rules = hostRoutes(table, host, { left: MAX_STEPS }) ?? getSharded(table.hosts, "");
  if (rules === undefined) return undefined;
  const names = [host, wildcardOf(host) ?? ""];
  const aliased = names.map((name) => getSharded(table.aliases, name));
  const all = [...names, ...aliased, ...table.aliasPatterns.map((one) => one.host), ""];
  return all.find((one) => one !== undefined && getSharded(table.hosts, one) === rules);
}

function namedRoutes({ hosts, aliases }: RouteTable, name: string): HostRoutes | undefined {
  const named = getSharded(hosts, name);
  if (named !== undefined) return named;
  const host = getSharded(aliases, name);
  return host === undefined ? undefined : getSharded(hosts, host);
}

function matchPath(host: HostRoutes | undefined, path: string, budget: StepBudget): Rule | undefined {
  if (host === undefined) return undefined;
  let found = host.exact.get(path) ?? longestPrefix(host.prefixes, path) ?? host.fallback;
  if (host.patterns.length > 0) found = patternRule(host.patterns, { path, found, budget }) ?? found;
  return host.closedPatterns.length === 0 ? found : (closedRule(host.closedPatterns, path, found) ?? found);
}

const BAD_HOST: RouteDecision = { kind: "refuse", status: 400, reason: "bad-host" };
const BAD_PATH: RouteDecision = { kind: "refuse", status: 400, reason: "bad-path" };
const TOO_LONG: RouteDecision = { kind: "refuse", status: 414, reason: "target-too-long" };
const NO_ROUTE: RouteDecision = { kind: "refuse", status: 404, reason: "no-route" };
