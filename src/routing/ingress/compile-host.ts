import type { ClientCertificatePolicy } from "#src/filters/client-certificate.ts";
import { NO_FILTERS } from "#src/filters/rule-filters.ts";
import { isAnswered, isBackend, isClosed } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { SnippetLocation } from "#src/model/snippets/snippet.ts";
import { type HostGuard, type HostGuards, NO_GUARDS } from "#src/routing/host-guard.ts";
import { backendKey, firstPortKey } from "./backend.ts";
import { balancingOf } from "./balancing-of.ts";
import { canaryOf } from "./canary-of.ts";
import { clientCertificatesOf } from "./client-certificates-of.ts";
import { closedPattern, linkPatterns } from "#src/routing/closed-pattern.ts";
import { filtersOf } from "./filters-of.ts";
import { comparedText, isGuarded, type MergedHost, type PathClaim } from "./merge-host.ts";
import { type PassedHost, passedHost, type PassthroughFault, passthroughFault } from "./passed-host.ts";
import { PathPattern } from "#src/pattern/path-pattern.ts";
import { linkPatternRoutes } from "#src/routing/pattern-routes.ts";
import { linkPrefixes, type UnlinkedPrefix } from "#src/routing/prefix.ts";
import { editOf } from "./snippet-edit-of.ts";
import { compareAge } from "./routing-snapshot.ts";
import type { HostRoutes } from "#src/routing/route-table.ts";
import type { Rule, RuleAction } from "#src/routing/rule.ts";

/** The rules of a host, of what Ingresses say about it: here they cease to be Ingresses. */
export function compileHost(merged: MergedHost): HostRoutes {
  const { exact, prefixes, patterns, fallback, hasTls } = merged;
  const claims = [...exact.values(), ...prefixes, ...patterns, ...(fallback === undefined ? [] : [fallback])];
  const unlinked = prefixes.map((claim): UnlinkedPrefix => ({
    text: comparedText(claim),
    wholeElements: claim.pathType === "Prefix" && claim.path !== "/",
    rule: ruleOf(claim, merged),
  }));
  const unserved = patterns.filter(({ target }) => isClosed(target));
  const served = patterns
    .filter(({ target }) => !isClosed(target))
    .map((claim) => {
      const pattern = PathPattern.read(claim.path);
      // What an Ingress has is readable, or closed.
      if (!(pattern instanceof PathPattern)) throw new TypeError(`bug: ${pattern.why}`);
      return { pattern, rule: ruleOf(claim, merged, pattern) };
    });
  return {
    exact: new Map([...exact].map(([path, claim]) => [path, ruleOf(claim, merged)])),
    prefixes: linkPrefixes(unlinked),
    patterns: linkPatternRoutes(served),
    closedPatterns: linkPatterns(unserved.map((claim) => closedPattern(claim.path, ruleOf(claim, merged)))),
    fallback: fallback && ruleOf(fallback, merged),
    guards: guardsOf(merged),
    hasGuarded: claims.some(isGuarded),
    hasTls,
    ...(merged.clientCertificates && { clientCertificates: merged.clientCertificates }),
    ...passthroughOf(merged),
  };
}

function passthroughOf(merged: MergedHost): Pick<HostRoutes, "passthrough"> {
  const { rule, fault } = passthroughRule(merged) ?? {};
  if (rule === undefined) return {};
  return { passthrough: fault === undefined ? rule : { ...rule, action: { kind: "closed", reason: fault.reason } } };
}

/** The rule of the path whose Service gets the TLS connections for a host, and what keeps them from it; undefined: they are not passed on. */
export function passthroughRule(
  merged: MergedHost,
): { readonly rule: Rule; readonly passed: PassedHost; readonly fault: PassthroughFault | undefined } | undefined {
  const passed = passedHost(merged);
  if (passed === undefined) return undefined;
  const rule = ruleOf(passed.root, merged);
  return { rule, passed, fault: passthroughFault(passed, rule, merged) };
}

function guardsOf({ locations, ranks, clientCertificates }: MergedHost): HostGuards {
  if (locations.length === 0) return NO_GUARDS;
  return { all: locations.map(({ ingress, location }) => guardOf(ingress, location, clientCertificates)), ranks };
}

/** A location of a snippet. Nothing but the client certificate is asked for before its requests have their answer. */
function guardOf(
  { key: object, settings }: Ingress,
  { match, answer, sources, responseFields }: SnippetLocation,
  clientCertificates: MergedHost["clientCertificates"],
): HostGuard {
  const responseEdit = editOf([...inherited(settings, responseFields), ...responseFields]);
  const filters = { ...NO_FILTERS, responseEdit, ...(clientCertificates && { clientCertificates }) };
  const { path } = match;
  const pathType = match.kind === "exact" ? "Exact" : "ImplementationSpecific";
  const yields = answer.kind === "redirect" || (answer.kind === "respond" && answer.status < 400);
  const rule = {
    origin: { object, path, pathType },
    isRestricted: false,
    action: guardAction(answer, sources),
  } as const;
  const isPlain = responseEdit === undefined && clientCertificates === undefined;
  return { match, rule: { ...rule, filters: isPlain ? NO_FILTERS : filters }, yields };
}

function guardAction(answer: SnippetLocation["answer"], sources: SnippetLocation["sources"]): RuleAction {
  if (answer.kind === "redirect") return { kind: answer.kind, ...answer.redirect };
  if (answer.kind === "closed") return { kind: answer.kind, reason: "closed-restriction" };
  return sources === undefined ? answer : { ...answer, sources };
}

/** What a location has of the fields around it: as in nginx, of those of add_header nothing where it has one itself. */
function inherited({ serverSnippet }: IngressSettings, own: SnippetLocation["responseFields"]) {
  const hasAdded = own.some(({ act }) => act === "add");
  return (serverSnippet?.responseFields ?? []).filter(({ act }) => act !== "add" || !hasAdded);
}

/** The rule of a claim. `pattern`: what its path is, if that is a regular expression. */
export function ruleOf(
  claim: PathClaim,
  {
    hasTls,
    canaries,
    clientCertificates,
    certificatesAskedBy,
  }: Pick<MergedHost, "hasTls" | "canaries" | "clientCertificates" | "certificatesAskedBy">,
  pattern?: PathPattern,
): Rule {
  const { ingress, path, pathType, settings, isRestricted, applied, policies } = claim;
  const origin = { object: ingress.key, path, pathType };
  const filters = filtersOf(claim, hasTls, pattern);
  // A connection shows one certificate, verified in one way: what asks for another way cannot be served.
  const isOther = (clientCertificatesOf(ingress) ?? clientCertificates)?.key !== clientCertificates?.key;
  return {
    origin,
    filters:
      clientCertificates === undefined
        ? filters
        : { ...filters, clientCertificates: asked(clientCertificates, ingress, certificatesAskedBy) },
    isRestricted,
    ...(applied && policies && { applied, policies }),
    ...(settings.accessLog === false && { isUnlogged: true as const }),
    ...(hasTls && { hasTls }),
    action: isOther ? { kind: "closed", reason: "closed-restriction" } : actionOf(claim, canaries.get(claim)),
  };
}

/** What is asked of clients of an Ingress: one that another Ingress adds to it from another namespace restricts it, and redirects nothing. */
function asked(policy: ClientCertificatePolicy, ingress: Ingress, by: Ingress | undefined): ClientCertificatePolicy {
  const isForeign = by !== undefined && by.namespace !== ingress.namespace && compareAge(ingress, by) < 0;
  return isForeign ? { ...policy, errorPage: undefined } : policy;
}

function actionOf({ ingress, path, target, settings }: PathClaim, canary: PathClaim | undefined): RuleAction {
  if (isClosed(target)) return { kind: "closed", reason: target.closed };
  if (isAnswered(target)) return { kind: "respond", status: target.respond };
  if (!isBackend(target)) return { kind: "redirect", ...target.redirect };
  const balancing = balancingOf(settings, path);
  const { defaultBackend: fallback, serviceUpstream } = settings;
  const added = canary && canaryOf(canary, balancing);
  return {
    kind: "forward",
    backend: backendKey(ingress.namespace, target.serviceName, target.servicePort),
    ...(serviceUpstream === true && { isByService: true }),
    ...(fallback !== undefined && { fallback: firstPortKey(`${ingress.namespace}/${fallback}`) }),
    ...(balancing && { balancing }),
    ...(added && { canary: added }),
  };
}
