import { secretsOf } from "#src/auth/oidc/find-oidc-secrets.ts";
import type { ClosedReason } from "#src/model/closed-reason.ts";
import { isProofPath } from "#src/filters/is-proof-path.ts";
import { printObjectName, printPlace } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import type { SecretFaults } from "#src/model/secret-claims.ts";
import { aliasesByHost, rulesOf } from "#src/routing/list-routes.ts";
import { hostEntryFor } from "#src/routing/route.ts";
import type { HostRoutes } from "#src/routing/route-table.ts";
import type { Rule, RuleOrigin } from "#src/routing/rule.ts";
import { getSharded, shardedEntries } from "#src/routing/sharded-map.ts";
import { fillTemplate } from "#src/model/template.ts";
import { sentence } from "./explain-step.ts";
import { forwardSettings, filterSettings, type SettingView } from "./filter-settings.ts";
import type { SeenRoutes } from "./see-routes.ts";
import { type PolicyView, viewPolicies } from "./view-policies.ts";
import { type CertificateView, viewCertificate } from "./view-certificate.ts";

/** One rule of the route table. */
export interface RouteView {
  /** As in the rule; `*` for the catch-all. */
  readonly host: string;
  /** Further names of the host; expressions with `~` before them. */
  readonly aliases: readonly string[];
  readonly path: string;
  readonly pathType: RuleOrigin["pathType"];
  /** The path is compared as a regular expression. */
  readonly isPattern: boolean;
  /** `namespace/name`; empty for the rule of --default-backend-service. */
  readonly ingress: string;
  /** `namespace/name:port`, the port as the Ingress names it; null where the rule is closed, or redirects. */
  readonly service: string | null;
  /** The name that a Service of type ExternalName leads to. */
  readonly externalName: string | null;
  /** Endpoints that may get requests now; null where there is no such Service or port, or where no Service is asked. */
  readonly endpoints: number | null;
  /** The Service of a canary, which gets a part of the requests. */
  readonly canary: string | null;
  /** Status and location. */
  readonly redirect: string | null;
  /** Why requests are answered 503 without any Service. */
  readonly closed: ClosedReason | "closed-secret" | null;
  /** What closes it, as whole sentences; empty where it is open. */
  readonly why: string;
  /** Null for a host without `tls` entry. */
  readonly certificate: Pick<CertificateView, "secret" | "isDefault" | "verdict"> | null;
  readonly settings: readonly SettingView[];
  /** Which of the settings HTTPPolicies say, by the names that they have there; also policies of which nothing counts. */
  readonly policies: readonly PolicyView[];
}

/** What `hawser routes` shows. */
export interface RoutesView {
  /** By host, as the ingress compares them; undefined where Ingresses may not be read. */
  readonly routes: readonly RouteView[] | undefined;
  /** Of the Ingresses that are served, and rules that take no requests. */
  readonly problems: readonly Problem[];
}

/** All rules, or those that have the requests for one host. */
export function viewRoutes(seen: SeenRoutes, host?: string): RoutesView {
  const { table, input, served, conflicts, policyProblems } = seen;
  const wanted = host === undefined ? undefined : hostEntryFor(table, host);
  const hosts = [...shardedEntries(table.hosts)]
    .filter(([key]) => host === undefined || key === wanted)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const aliases = aliasesByHost(table);
  const problems = [...served.values()].flatMap((one) => one.problems);
  const viewed = hosts.flatMap(([key, routes]) => viewHost(seen, routes, { key, aliases: aliases.get(key) ?? [] }));
  const { fallback } = table;
  const isAll = host === undefined && fallback !== undefined;
  const all = isAll ? [...viewed, viewRule(seen, fallback, NO_HOST)] : viewed;
  return {
    routes: input.ingresses && all,
    problems: [
      ...input.problems,
      ...problems,
      ...conflicts.map(({ problem }) => problem),
      ...[...policyProblems.values()].flat(),
      ...seen.passwords.problems,
      ...seen.endpointSecrets.problems,
      ...seen.signInSecrets.problems,
    ],
  };
}

/** What all rules of a host share, and whether one is a regular expression. */
type OfHost = Pick<RouteView, "host" | "aliases" | "isPattern" | "certificate">;

const NO_HOST: OfHost = { host: "*", aliases: [], isPattern: false, certificate: null };

function viewHost(
  seen: SeenRoutes,
  routes: HostRoutes,
  { key, aliases }: { readonly key: string; readonly aliases: readonly string[] },
): readonly RouteView[] {
  const { secret, isDefault, verdict } = viewCertificate(seen, key);
  const certificate = routes.hasTls ? { secret, isDefault, verdict } : null;
  const open = routes.patterns.flatMap((one) => one.routes.map(({ rule }) => rule));
  const patterns = new Set([...open, ...routes.closedPatterns.map(({ rule }) => rule)]);
  const host = key === "" ? "*" : key;
  return rulesOf(routes).map((rule) =>
    viewRule(seen, rule, { host, aliases, isPattern: patterns.has(rule), certificate }),
  );
}

function viewRule(seen: SeenRoutes, rule: Rule, { host, aliases, isPattern, certificate }: OfHost): RouteView {
  const { origin, filters, action } = rule;
  return {
    host,
    aliases,
    path: origin.path,
    pathType: origin.pathType,
    isPattern,
    ingress: origin.object,
    ...viewAction(seen, rule),
    ...viewClosed(seen, rule),
    certificate,
    settings: [
      ...filterSettings(filters),
      ...(action.kind === "forward" ? forwardSettings(action) : []),
      ...(action.kind === "respond" ? [{ setting: "answer", value: String(action.status) }] : []),
    ],
    policies: viewPolicies(rule),
  };
}

/** No Service is asked. */
const NO_SERVICE = { service: null, externalName: null, endpoints: null, canary: null };

function viewAction({ table, externalNames }: SeenRoutes, { action }: Rule) {
  const none = { ...NO_SERVICE, redirect: null };
  if (action.kind === "closed" || action.kind === "respond") return none;
  if (action.kind === "redirect")
    return { ...none, redirect: `${action.status} ${fillTemplate(action.location, (variable) => `$${variable}`)}` };
  const { backend, canary } = action;
  const externalName = externalNames.get(serviceOfBackend(backend)) ?? null;
  const endpoints = externalName === null ? (getSharded(table.backends, backend)?.endpoints.length ?? null) : null;
  return { ...none, service: backend, externalName, endpoints, canary: canary?.backend ?? null };
}

/** `shop/web` of `shop/web:80`. */
export function serviceOfBackend(backend: string): string {
  return backend.slice(0, backend.indexOf(":"));
}

function viewClosed(seen: SeenRoutes, rule: Rule): Partial<RouteView> & Pick<RouteView, "closed" | "why"> {
  const { action } = rule;
  if (action.kind === "closed") return { closed: action.reason, why: whyRuleClosed(seen, rule) };
  const fault =
    clientCertificateFault(seen, rule) ??
    passwordFault(seen, rule) ??
    endpointSecretFault(seen, rule) ??
    signInFault(seen, rule);
  return fault === undefined
    ? { closed: null, why: "" }
    : { ...NO_SERVICE, closed: "closed-secret", why: `${sentence(printFault(fault))} ${sentence(fault.fix)}` };
}

/** What is wrong with a Secret, and with which one: a rule may need several. */
export function printFault({ at, what, why }: Problem): string {
  return `${printPlace(at)}: ${what}: ${why}`;
}

/** What is wrong with the Secret with names and passwords of a rule. */
export function passwordFault({ passwords }: SeenRoutes, rule: Rule): Problem | undefined {
  return faultOf(rule, passwords, [rule.filters.auth?.basic?.secret]);
}

/** What is wrong with the Secret with the authorities of client certificates; no path is open without it, but those of proofs are for plain requests. */
function clientCertificateFault(seen: SeenRoutes, { origin, filters }: Rule): Problem | undefined {
  const { clientCertificates, rewrite } = filters;
  if (clientCertificates === undefined || isProofPath(origin.path, rewrite)) return undefined;
  return authoritiesFault(seen, clientCertificates.secret);
}

/** What keeps a Secret with authorities (`namespace/name`) from being used. */
export function authoritiesFault({ endpointSecrets, input }: SeenRoutes, secret: string): Problem | undefined {
  if (endpointSecrets.secrets.has(secret) || input.secretOf(secret) === null) return undefined;
  const [namespace = "", name = ""] = secret.split("/");
  const wanted = printObjectName({ kind: "Secret", namespace, name });
  return endpointSecrets.problems.find(({ at }) => at.kind === "object" && printObjectName(at.object) === wanted);
}

/** What is wrong with the Secret for TLS to the endpoints of a rule. */
export function endpointSecretFault({ endpointSecrets }: SeenRoutes, rule: Rule): Problem | undefined {
  const { transport } = rule.filters;
  if (transport?.tls.secret === undefined || transport.scheme === "http") return undefined;
  if (endpointSecrets.secrets.has(transport.tls.secret)) return undefined;
  return faultOf(rule, endpointSecrets, [transport.tls.secret]);
}

/** What is wrong with a Secret for the sign-in of a rule. */
export function signInFault({ signInSecrets }: SeenRoutes, rule: Rule): Problem | undefined {
  const { oidc } = rule.filters.auth ?? {};
  return faultOf(rule, signInSecrets, oidc === undefined ? [] : Object.values(secretsOf(oidc)));
}

/** What is wrong with the first of these Secrets that cannot be used, where the Ingress of a rule names it. */
function faultOf(
  { origin }: Rule,
  { faults }: SecretFaults,
  secrets: readonly (string | undefined)[],
): Problem | undefined {
  return faults.find(({ ingress, secret }) => ingress.key === origin.object && secrets.includes(secret))?.problem;
}

/** What of its Ingress, or of a policy, closes a rule, if it is a Problem. */
export function closingProblem({ served, policyProblems }: SeenRoutes, rule: Rule): Problem | undefined {
  const { origin, action, policies = [] } = rule;
  if (action.kind === "closed" && action.reason === "closed-policy")
    return policies.flatMap((policy) => policyProblems.get(policy) ?? []).find(({ severity }) => severity === "error");
  return served.get(origin.object)?.problems.find(({ severity }) => severity === "error");
}

/** What of its Ingress closes a rule, as whole sentences. */
export function whyRuleClosed(seen: SeenRoutes, rule: Rule): string {
  const problem = closingProblem(seen, rule);
  if (problem !== undefined) return printWhy(problem);
  return rule.isRestricted ? OTHER_SPELLINGS : UNSEEN;
}

const OTHER_SPELLINGS =
  "Other spellings of the path, which ingress-nginx would take for it, are closed: its Ingress, or a policy, restricts who may come in.";
const UNSEEN = "What closes it cannot be seen from here.";

function printWhy({ what, why, fix }: Problem): string {
  return `${sentence(`${what}: ${why}`)} ${sentence(fix)}`;
}
