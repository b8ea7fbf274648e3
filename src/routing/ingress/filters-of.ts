import { rateLimit } from "#src/filters/leaky-bucket.ts";
import { NO_FILTERS, type RuleFilters } from "#src/filters/rule-filters.ts";
import { requestFields } from "#src/filters/request-fields.ts";
import type { HttpsPolicy } from "#src/filters/redirect-to-https.ts";
import { CLIENT_LIMITS } from "#src/model/annotations/client-limits.ts";
import { type HttpsRedirect, httpsRedirectOf } from "#src/model/annotations/https-redirect.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import { hasGroups, type Rewrite } from "#src/model/annotations/rewrite-target.ts";
import { hostFieldOf } from "#src/auth/host-field-of.ts";
import type { RuleVariable } from "#src/model/annotations/upstream-vhost.ts";
import { fillTemplate } from "#src/model/template.ts";
import { isBackend } from "#src/model/ingress-path.ts";
import type { PathPattern } from "#src/pattern/path-pattern.ts";
import { visibleAscii } from "#src/routing/path.ts";
import { requestFieldsOf, snippetEditOf } from "./snippet-edit-of.ts";
import { accessOf } from "./access-of.ts";
import { corsOf } from "./cors-of.ts";
import { fieldRewritesOf } from "./field-rewrites-of.ts";
import { errorPagesOf } from "./error-pages-of.ts";
import type { PathClaim } from "./merge-host.ts";
import { ownLimitsOf } from "./access-limits-of.ts";
import { transportOf } from "./transport-of.ts";

/** The filters of a rule, of what is said of its path. `hasTls`: an Ingress has a `tls` entry for the host; `pattern`: what its path is. */
export function filtersOf(claim: PathClaim, hasTls: boolean, pattern?: PathPattern): RuleFilters {
  const { settings } = claim;
  // A default backend gets paths as they came.
  const rewrite = claim.pathType === "default" ? undefined : rewriteOf(settings, claim.path, pattern);
  const forwardedPrefix = rewrite === undefined ? undefined : settings.forwardedPrefix;
  const filters: RuleFilters = {
    httpsRedirect: toHttps(claim, hasTls),
    rewrite,
    requestFields: requestFields({
      host: hostOfService(claim),
      forwardedPrefix,
      connection: settings.proxyConnection,
      set: [...requestFieldsOf(settings), ...(settings.requestHeaderModifier?.set ?? [])],
      added: settings.requestHeaderModifier?.added ?? [],
    }),
    bodyBytes: settings.bodyBytes,
    patience: patienceOf(settings),
    mirror: mirrorOf(settings),
    transport: transportOf(settings),
    clientLimits: clientLimitsOf(claim),
    rateLimits: ownLimitsOf(claim),
    cors: corsOf(settings),
    rewrites: fieldRewritesOf(settings),
    setHeaders: settings.customHeaders,
    answerRate: answerRateOf(settings),
    errorPages: errorPagesOf(claim),
    ...accessOf(claim),
    snippetSources: settings.configurationSnippet?.sources,
    responseEdit: snippetEditOf(settings),
  };
  return Object.values(filters).every((one) => one === undefined) ? NO_FILTERS : filters;
}

/** The host that the Service is asked for; undefined: the client's. */
function hostOfService({ ingress, target, settings }: PathClaim): string | undefined {
  if (!isBackend(target)) return undefined;
  const values: Readonly<Record<RuleVariable, string>> = {
    namespace: ingress.namespace,
    ingress_name: ingress.name,
    service_name: target.serviceName,
    service_port: String(target.servicePort),
  };
  const { upstreamVhost } = settings;
  return upstreamVhost && fillTemplate(upstreamVhost, (variable) => values[variable]);
}

function rewriteOf(
  { rewrite }: IngressSettings,
  path: string,
  pattern: PathPattern | undefined,
): RuleFilters["rewrite"] {
  if (rewrite === undefined || isSame(rewrite, path)) return undefined;
  const target = visibleAscii(rewrite.target);
  return { ...rewrite, target, ...(hasGroups(rewrite) && { parts: partsOf(target) }), ...(pattern && { pattern }) };
}

/** ingress-nginx rewrites nothing where the target is the path of the rule: what is below it keeps its path. */
function isSame({ kind, target }: Rewrite, path: string): boolean {
  return kind === "replacePath" && target === path;
}

/** The texts of a target, and the numbers of groups between them. */
function partsOf(target: string): readonly (string | number)[] {
  return target.split(/(\$[1-9])/).map((part) => (part.startsWith("$") ? Number(part.slice(1)) : part));
}

function mirrorOf({ mirrorTarget: target, mirrorHost, mirrorsBody = true }: IngressSettings): RuleFilters["mirror"] {
  return target && { target, host: mirrorHost ?? hostFieldOf(target), sendsBody: mirrorsBody };
}

/** An answer is written again into a buffer of 64 KiB, with fields of ours. */
const LARGEST_HEAD = 49_152;

function patienceOf(settings: IngressSettings): RuleFilters["patience"] {
  const { connectMs, sendMs, readMs, endpointTries, nextEndpointAfter: after, nextEndpointMs } = settings;
  const { answerHeadBytes } = settings;
  const all = [connectMs, sendMs, readMs, endpointTries, after, nextEndpointMs, answerHeadBytes];
  if (all.every((one) => one === undefined)) return undefined;
  const next =
    after === undefined && nextEndpointMs === undefined ? undefined : { after, withinMs: nextEndpointMs ?? 0 };
  const headBytes = answerHeadBytes === undefined ? undefined : Math.min(answerHeadBytes, LARGEST_HEAD);
  return { connectMs, sendMs, readMs, tries: endpointTries === 0 ? Infinity : endpointTries, next, headBytes };
}

const KIB = 1_024;

function answerRateOf({ answerKibPerSecond = 0, answerKibUncounted = 0 }: IngressSettings): RuleFilters["answerRate"] {
  if (answerKibPerSecond === 0) return undefined;
  return { bytesPerSecond: answerKibPerSecond * KIB, uncountedBytes: answerKibUncounted * KIB };
}

/** Where nothing else is said, nginx lets so many times the rate come at once. */
const BURST_MULTIPLIER = 5;

/** A limit of 0 is none. */
function clientLimitsOf({ ingress, settings, applied }: PathClaim): RuleFilters["clientLimits"] {
  const { requestsPerSecond = 0, requestsPerMinute = 0, clientConnections = 0 } = settings;
  const { burstMultiplier = BURST_MULTIPLIER, unlimitedSources } = settings;
  if (requestsPerSecond + requestsPerMinute + clientConnections === 0) return undefined;
  const limit = (requests: number, per: "second" | "minute") =>
    requests === 0 ? undefined : rateLimit(requests, per, requests * burstMultiplier);
  const rates = { perSecond: limit(requestsPerSecond, "second"), perMinute: limit(requestsPerMinute, "minute") };
  return {
    zone: zoneOf(ingress.key, applied),
    rates: (rates.perSecond ?? rates.perMinute) ? rates : undefined,
    connections: clientConnections === 0 ? undefined : clientConnections,
    exempt: unlimitedSources,
  };
}

const LIMITS: ReadonlySet<string> = new Set(Object.keys(CLIENT_LIMITS));

/** What is counted together: all paths of an Ingress with the same limits. */
function zoneOf(ingress: string, applied: PathClaim["applied"] = []): string {
  const ofLimits = applied.filter(({ part }) => Object.keys(part.values).some((name) => LIMITS.has(name)));
  return [ingress, ...new Set(ofLimits.map(({ policy }) => policy))].join(" ");
}

function toHttps({ settings, path, ingress: { ofAll } }: PathClaim, hasTls: boolean): HttpsPolicy | undefined {
  // Its cookies go over HTTPS alone.
  const isOidc = settings.oidc !== undefined;
  const redirect = isOidc ? "with-tls" : httpsRedirectOf(settings);
  if (!isOidc && ofAll?.plainPaths.some((start) => path.startsWith(start)) === true) return undefined;
  const when = hasTls ? POLICY_WITH_TLS[redirect] : redirect === "always" ? "always" : undefined;
  const { redirectStatus = 308 } = ofAll ?? {};
  return when === undefined || redirectStatus === 308 ? when : { when, status: redirectStatus };
}

const POLICY_WITH_TLS: Readonly<Record<HttpsRedirect, "always" | "by-option" | undefined>> = {
  always: "always",
  "with-tls": "always",
  never: undefined,
  "by-default": "by-option",
};
