import type { RuleFilters } from "#src/filters/rule-filters.ts";
import type { ClosedReason } from "#src/model/closed-reason.ts";
import { isClosed, RESTRICTED } from "#src/model/ingress-path.ts";
import type { Rule } from "#src/routing/rule.ts";
import { isGuarded, type MergedHost, type PathClaim } from "./merge-host.ts";

/** The path whose Service gets the TLS connections for a host, unread. */
export interface PassedHost {
  /** The path `/` of the oldest Ingress of the host, which asks for it. */
  readonly root: PathClaim;
  /** All other paths of the host, and its default backend where that has requests: of TLS they get nothing. */
  readonly hidden: readonly PathClaim[];
}

/** Why the connections for a host cannot be passed on. */
export interface PassthroughFault {
  readonly reason: ClosedReason;
  readonly why: string;
  readonly fix: string;
}

type Claims = Pick<MergedHost, "oldest" | "exact" | "prefixes" | "patterns" | "fallback">;

/** Where the TLS connections for a host go unread; undefined: they do not, or they are closed with all else of the Ingress. */
export function passedHost({ oldest, exact, prefixes, patterns, fallback }: Claims): PassedHost | undefined {
  if (oldest?.settings.sslPassthrough !== true || oldest.closed !== undefined) return undefined;
  const claims = [...prefixes, ...exact.values(), ...patterns];
  const isRoot = (claim: PathClaim): boolean => claim.ingress === oldest && claim.path === "/";
  const root = claims.find((claim) => isRoot(claim) && claim.target !== RESTRICTED);
  if (root === undefined) return undefined;
  const hidden = claims.filter((claim) => claim !== root);
  // Any other path / takes all requests.
  const isFallbackAsked = fallback !== undefined && root.pathType === "Exact";
  return { root, hidden: isFallbackAsked ? [...hidden, fallback] : hidden };
}

/**
 * What keeps the connections for a host from being passed on though an Ingress asks for it: something of it would be more open than
 * it is written, or go elsewhere. `rule`: that of the path `/`.
 */
export function passthroughFault(
  { root, hidden }: PassedHost,
  rule: Rule,
  { locations, unpassed }: Pick<MergedHost, "locations" | "unpassed">,
): PassthroughFault | undefined {
  const { action, filters } = rule;
  if (action.kind === "closed") return { reason: action.reason, ...OF_PATH };
  if (action.kind !== "forward") return { reason: "closed-unsupported", ...ANSWERED };
  const by =
    unenforced(filters) ?? (rule.isRestricted && !isEnforced(filters) ? "restricts who may come in" : undefined);
  if (by !== undefined)
    return {
      reason: "closed-restriction",
      why: `it ${by}, and that is not seen of a connection that is not read`,
      fix: REMOVE,
    };
  const other = hidden.find((claim) => isOtherwiseGuarded(claim, root) && !isMerelyUnpassed(claim, unpassed));
  if (other !== undefined)
    return {
      reason: "closed-restriction",
      why: `${other.at} of Ingress "${other.ingress.key}" is restricted or closed, and a connection that is not read may be for it`,
      fix: REMOVE,
    };
  const guard = locations.find(({ location }) => location.answer.kind !== "redirect");
  return (
    guard && {
      reason: "closed-restriction",
      why: `a snippet of Ingress "${guard.ingress.key}" says which paths may be asked for`,
      fix: REMOVE,
    }
  );
}

const REMOVE = "Remove the restriction if the endpoints have it themselves, or remove ssl-passthrough";
const OF_PATH = { why: "its path / is closed", fix: "Write that path so that it can be served" };
const ANSWERED = {
  why: "it answers the path / itself, and connections would reach the Service instead",
  fix: "Remove the redirect, or remove ssl-passthrough",
};

/** What filters ask of requests, as far as it cannot be asked of connections. */
function unenforced({ auth, clientCertificates, clientLimits, rateLimits }: RuleFilters): string | undefined {
  if (clientCertificates !== undefined) return "asks for client certificates";
  if (auth !== undefined) return "says who may come in by what requests have";
  return clientLimits?.rates !== undefined || rateLimits !== undefined ? "limits requests in a time" : undefined;
}

/** Filters say who may come in by what is known of a connection. */
function isEnforced({ sources, snippetSources, clientLimits }: RuleFilters): boolean {
  return sources !== undefined || snippetSources !== undefined || clientLimits !== undefined;
}

/**
 * Whether a path asks for more than the path `/` does: one of the same namespace, whose endpoints may be the same; of other
 * namespaces only what closes the whole host.
 */
function isOtherwiseGuarded(claim: PathClaim, root: PathClaim): boolean {
  if (claim.path === "" && isClosed(claim.target)) return true;
  if (!isGuarded(claim) || claim.ingress.namespace !== root.ingress.namespace) return false;
  const isOnSameTerms = claim.ingress === root.ingress && claim.applied === root.applied && !claim.isClosed;
  return !isOnSameTerms || (isClosed(claim.target) && claim.target !== RESTRICTED);
}

/** Whether a path is closed for no other reason than that its Ingress asks for the connections, too, which restricts nothing. */
function isMerelyUnpassed({ ingress, isRestricted }: PathClaim, unpassed: MergedHost["unpassed"]): boolean {
  if (!unpassed.includes(ingress) || isRestricted) return false;
  return ingress.rules.every(({ paths }) => paths.every(({ target }) => !isClosed(target)));
}
