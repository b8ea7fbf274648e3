import { type BasicAuth, DEFAULT_REALM } from "#src/auth/basic-auth.ts";
import { DEFAULT_CACHE_DURATIONS, DEFAULT_REDIRECT_PARAM, type ExternalAuth } from "#src/auth/external-auth.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import { isProofPath } from "#src/filters/is-proof-path.ts";
import type { RuleFilters } from "#src/filters/rule-filters.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { PathClaim } from "./merge-host.ts";
import { accessLimitsOf } from "./access-limits-of.ts";

/**
 * Who may come in, of what is said of a path. A rule of its own for the proof of a certificate asks for no sign-in, as in
 * ingress-nginx (`no-auth-locations`): the authority has none, and the host would lose its certificate.
 */
export function accessOf(claim: PathClaim): Pick<RuleFilters, "sources" | "auth"> {
  const { settings, ingress, path } = claim;
  const { namespace } = ingress;
  const sources = sourcesOf(settings);
  const isProof = isProofPath(path, settings.rewrite);
  const { basic, external, jwt, oidc } = isProof ? NO_SIGN_IN : signInOf(claim);
  const { satisfy = "all" } = settings;
  const limits = accessLimitsOf(claim);
  const asks = basic !== undefined || external !== undefined;
  const asksMore = jwt !== undefined || oidc !== undefined || limits !== undefined;
  if (!asks && !asksMore) return { sources, auth: undefined };
  const isAny = asks && satisfy === "any";
  return {
    sources: isAny ? undefined : sources,
    auth: { namespace, basic, external, jwt, oidc, satisfy, sources: isAny ? sources : undefined, limits },
  };
}

type SignIn = Pick<AuthPolicy, "basic" | "external" | "jwt" | "oidc">;

const NO_SIGN_IN: SignIn = { basic: undefined, external: undefined, jwt: undefined, oidc: undefined };

function signInOf(claim: PathClaim): SignIn {
  const { jwt, oidc } = claim.settings;
  if (isWithoutAuth(claim)) return { ...NO_SIGN_IN, jwt, oidc };
  return { basic: basicOf(claim.settings), external: externalOf(claim), jwt, oidc };
}

const AUTH = ["authUrl", "authType"] as const;

/** Whether what holds for all Ingresses takes the path out of sign-in, and no policy says of it who may come in. */
function isWithoutAuth({ ingress: { ofAll }, path, applied = [] }: PathClaim): boolean {
  const isTaken = ofAll?.noAuthPaths.some((start) => path.startsWith(start)) === true;
  return isTaken && !applied.some(({ part }) => AUTH.some((name) => name in part.values));
}

function sourcesOf({ allowedSources, deniedSources }: IngressSettings): RuleFilters["sources"] {
  if (allowedSources === undefined && deniedSources === undefined) return undefined;
  return { allowed: allowedSources, denied: deniedSources };
}

function basicOf(settings: IngressSettings): BasicAuth | undefined {
  const { authType, authSecret, authSecretType: type = "auth-file", authRealm: realm = DEFAULT_REALM } = settings;
  return authType === "basic" && authSecret !== undefined ? { secret: authSecret, type, realm } : undefined;
}

function externalOf({ ingress, path, pathType, settings }: PathClaim): ExternalAuth | undefined {
  const { authUrl, authSignIn, authSignInRedirectParam: redirectParam = DEFAULT_REDIRECT_PARAM } = settings;
  if (authUrl === undefined || authUrl === "none") return undefined;
  return {
    place: `${ingress.key} ${pathType} ${path}`,
    url: authUrl,
    method: settings.authMethod ?? "GET",
    signIn: authSignIn && { url: authSignIn, redirectParam },
    responseHeaders: settings.authResponseHeaders ?? [],
    setHeaders: settings.authSetHeaders,
    requestRedirect: settings.authRequestRedirect,
    alwaysSetsCookie: settings.authAlwaysSetsCookie ?? false,
    cacheKey: settings.authCacheKey,
    cacheDurations: settings.authCacheDuration ?? DEFAULT_CACHE_DURATIONS,
  };
}
