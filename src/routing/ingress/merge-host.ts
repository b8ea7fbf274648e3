import type { ClientCertificatePolicy } from "#src/filters/client-certificate.ts";
import { type IngressPath, type IngressTarget, isClosed, type PathType, RESTRICTED } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { type PathTerms, termsOf } from "#src/model/path-terms.ts";
import type { SnippetLocation } from "#src/model/snippets/snippet.ts";
import { type HostIndex, hostIndexes } from "./host-index.ts";
import { normalizeRulePath } from "#src/routing/path.ts";
import { clientCertificatesOf } from "./client-certificates-of.ts";
import { addCanaries, isCanary } from "./add-canaries.ts";
import { asNginxPath, slashClaims } from "./as-nginx.ts";
import { addSignInPaths, type SignInConflict } from "./add-sign-in-paths.ts";
import type { Compat, RoutingSnapshot } from "./routing-snapshot.ts";

/** What an Ingress says of a path of a host. */
export interface PathClaim extends PathTerms {
  readonly ingress: Ingress;
  /** Normalised; as written where it is a pattern; empty for a default backend. */
  readonly path: string;
  readonly pathType: PathType | "default";
  readonly target: IngressTarget;
  /** Its place in the object: `spec.rules[0].http.paths[1]`. */
  readonly at: string;
}

/** A claim that another one of the same host, path and type goes before, so that it never takes a request. */
export interface LostClaim {
  readonly loser: PathClaim;
  readonly winner: PathClaim;
}

/** A further name of a host that is served otherwise. */
export interface LostAlias {
  readonly loser: Ingress;
  /** Whose rule or annotation goes before. */
  readonly winner: Ingress;
  /** Whether a rule of the winner names it. */
  readonly isNamed: boolean;
}

/** The claims on one host, by how they are compared with requests. */
export interface MergedHost {
  /** By path. */
  readonly exact: ReadonlyMap<string, PathClaim>;
  /** Prefix and ImplementationSpecific paths, each text once for each type. */
  readonly prefixes: readonly PathClaim[];
  /** Regular expressions; those that are not closed each once, and readable. */
  readonly patterns: readonly PathClaim[];
  readonly fallback: PathClaim | undefined;
  /** What snippets say of paths of the host, those of the oldest Ingress first. */
  readonly locations: readonly { readonly ingress: Ingress; readonly location: SnippetLocation }[];
  /** Which of the Ingresses (`namespace/name`) is how old: the oldest is 0. Empty without locations. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Claims of canaries, by the claim whose requests they get a part of. */
  readonly canaries: ReadonlyMap<PathClaim, PathClaim>;
  /** Claims of canaries that get no requests, because no other Ingress has such a path. */
  readonly alone: readonly PathClaim[];
  /** Claims of canaries that get no requests, because policies ask more of them than of the claim whose requests they would get. */
  readonly uncovered: readonly PathClaim[];
  /** Annotations alone add the host, and it is a further name of this one. */
  readonly aliasOf: string | undefined;
  /** The namespace of the Ingress that adds it so, or names it. */
  readonly namespace: string;
  /** Further names of hosts that are not served, because a rule names them, or an older Ingress gives them to another host. */
  readonly lostAliases: readonly LostAlias[];
  /** Only canaries claim the host: it has no rules, and another host or the catch-all serves its requests. */
  readonly isEmpty: boolean;
  /** Claims whose requests need a sign-in, one for each policy. */
  readonly signIns: readonly PathClaim[];
  readonly signInConflicts: readonly SignInConflict[];
  /** An Ingress of the host has a `tls` entry for it. */
  readonly hasTls: boolean;
  /** Of the oldest Ingress that asks for any. */
  readonly clientCertificates: ClientCertificatePolicy | undefined;
  /** That Ingress. */
  readonly certificatesAskedBy: Ingress | undefined;
  readonly lost: readonly LostClaim[];
  /** The oldest Ingress whose rule names the host, canaries left out. */
  readonly oldest: Ingress | undefined;
  /** Others that ask for its TLS connections (`ssl-passthrough`): their paths are closed. */
  readonly unpassed: readonly Ingress[];
}

/** Merges what the claimants of each of these hosts say; undefined for a host that nothing claims any longer. */
export function* mergeHosts(
  hosts: Iterable<string>,
  { claims, compat = "hawser" }: Pick<RoutingSnapshot, "claims" | "compat">,
): Generator<readonly [host: string, merged: MergedHost | undefined]> {
  const indexOf = hostIndexes();
  for (const host of hosts) {
    const claimants = claims.get(host);
    yield [host, claimants && addSignInPaths(mergeHost(host, claimants, { indexOf, compat }))];
  }
}

/** Which client certificates are asked for, and by which of the Ingresses of a host (oldest first). */
function mergeCertificates(
  present: readonly Ingress[],
): Pick<MergedHost, "clientCertificates" | "certificatesAskedBy"> {
  const certificatesAskedBy = present.find((ingress) => clientCertificatesOf(ingress) !== undefined);
  return { clientCertificates: certificatesAskedBy && clientCertificatesOf(certificatesAskedBy), certificatesAskedBy };
}

/** Merges what all claimants (oldest first) say about a host: for the same path and type the first one wins. */
function mergeHost(
  host: string,
  all: readonly Ingress[],
  { indexOf, compat }: { readonly indexOf: (ingress: Ingress) => HostIndex; readonly compat: Compat },
): MergedHost {
  const [claimants, canaries] = [all.filter((one) => !isCanary(one)), all.filter(isCanary)];
  const named = claimants.filter((ingress) => hasRealClaim(ingress, host, indexOf(ingress)));
  // A host that annotations alone add is theirs while no rule names it.
  const present = named.length > 0 ? named : claimants;
  const [oldest, ...younger] = named;
  const unpassed = younger.filter(asksForConnections);
  const exact = new Map<string, PathClaim>();
  const prefixes = new Map<string, PathClaim>();
  const expressions = new Map<string, PathClaim>();
  const patterns: PathClaim[] = [];
  // Each path of a closed or restricted Ingress was a regular expression, too, for ingress-nginx: without regard to case and to where elements end.
  const isRegexHost = present.some(({ usesRegex }) => usesRegex === true);
  const lost: LostClaim[] = [];
  for (const ingress of present) {
    for (const rule of indexOf(ingress).rulesOf(host, named.length === 0)) {
      for (const written of rule.paths) {
        const path = isRegexHost && compat === "nginx" ? asNginxPath(written) : written;
        const claim = claimOf(ingress, path, unpassed);
        if (claim === undefined) continue;
        if (path.isPattern === true && isClosed(claim.target)) {
          patterns.push(claim);
          continue;
        }
        if (isRegexHost && claim.isClosed && isClosed(claim.target)) patterns.push(claim);
        else if (isRegexHost && claim.isRestricted && path.isPattern !== true)
          patterns.push({ ...claim, target: RESTRICTED });
        const [among, identity] = placeOf(claim, path.isPattern === true, { exact, prefixes, expressions });
        const winner = among.get(identity);
        if (winner === undefined) among.set(identity, claim);
        else lost.push({ loser: claim, winner });
      }
    }
  }
  if (compat === "nginx" && !isRegexHost)
    for (const claim of slashClaims(exact, prefixes.values())) exact.set(claim.path, claim);
  addClosedRoots(exact, prefixes);
  const hasTls = claimants.some((ingress) => indexOf(ingress).hasTls(host));
  patterns.push(...expressions.values());
  const mainOf = (claim: PathClaim): PathClaim | undefined => {
    const [among, identity] = placeOf(claim, expressions.has(claim.path), { exact, prefixes, expressions });
    return among.get(identity);
  };
  const claims = canaries.flatMap((one) => canaryClaims(one, { host, index: indexOf(one), expressions }));
  const { canaries: added, alone, uncovered } = addCanaries(claims, mainOf, lost);
  return {
    exact,
    prefixes: [...prefixes.values()],
    patterns,
    hasTls,
    ...mergeCertificates(present),
    ...mergeFallbacks(host, present, lost),
    ...mergeLocations(present),
    ...mergeAliases(claimants, named[0], (ingress) => indexOf(ingress).rulesOf(host, true)),
    canaries: added,
    alone,
    uncovered,
    oldest,
    unpassed,
    signIns: [],
    signInConflicts: [],
    isEmpty: claimants.length === 0,
  };
}

function asksForConnections({ settings, closed }: Ingress): boolean {
  return settings.sslPassthrough === true && closed === undefined;
}

/** Of a path whose Ingress asks for the connections of a host that another one has. */
const UNPASSED = { isClosed: true, target: { closed: "closed-unsupported" } } as const;

/** Which host an added one is a further name of: the oldest Ingress that adds it says so. `named`: the oldest whose rule names it. */
function mergeAliases(
  claimants: readonly Ingress[],
  named: Ingress | undefined,
  addedBy: (ingress: Ingress) => Ingress["rules"],
): Pick<MergedHost, "aliasOf" | "namespace" | "lostAliases"> {
  const [first] = claimants;
  const winner = named ?? first;
  if (winner === undefined) return { aliasOf: undefined, namespace: "", lostAliases: [] };
  const aliasOf = named === undefined ? addedBy(winner).find((rule) => rule.aliasOf !== undefined)?.aliasOf : undefined;
  const lostAliases = claimants
    .filter((ingress) => addedBy(ingress).some((rule) => rule.aliasOf !== undefined && rule.aliasOf !== aliasOf))
    .map((loser) => ({ loser, winner, isNamed: named !== undefined }));
  return { aliasOf, namespace: winner.namespace, lostAliases };
}

function mergeLocations(present: readonly Ingress[]): Pick<MergedHost, "locations" | "ranks"> {
  const locations = present.flatMap(locationsOf);
  return { locations, ranks: new Map(locations.length === 0 ? [] : present.map(({ key }, rank) => [key, rank])) };
}

/** None of an Ingress that is closed: all of it is. */
function locationsOf(ingress: Ingress): MergedHost["locations"] {
  const { locations = [] } = ingress.settings.serverSnippet ?? {};
  return ingress.closed === undefined ? locations.map((location) => ({ ingress, location })) : [];
}

/** What a canary says of a host; its default backend, which has no path to share, too. */
function canaryClaims(
  ingress: Ingress,
  { host, index, expressions }: { readonly host: string; readonly index: HostIndex; readonly expressions: Claims },
): readonly PathClaim[] {
  // A path that is an expression for the main Ingress is the same one for the canary, whether or not that says so.
  const asMain = (path: IngressPath): IngressPath => (expressions.has(path.path) ? { ...path, isPattern: true } : path);
  const paths = index
    .rulesOf(host, false)
    .flatMap((rule) => rule.paths.flatMap((path) => claimOf(ingress, asMain(path)) ?? []));
  return host === "" ? [...paths, ...defaultClaim(ingress)] : paths;
}

type Claims = Map<string, PathClaim>;

/** Where a claim is kept, and by what text another one is the same. */
function placeOf(
  claim: PathClaim,
  isPattern: boolean,
  { exact, prefixes, expressions }: Readonly<Record<"exact" | "prefixes" | "expressions", Claims>>,
): readonly [Claims, string] {
  if (isPattern) return [expressions, claim.path];
  if (claim.pathType === "Exact") return [exact, claim.path];
  return [prefixes, `${claim.pathType} ${comparedText(claim)}`];
}

/**
 * ingress-nginx redirects `/admin` to the path `/admin/` of ImplementationSpecific: where this is closed or restricted, so is
 * that, unless a rule has it.
 */
function addClosedRoots(exact: Map<string, PathClaim>, prefixes: ReadonlyMap<string, PathClaim>): void {
  for (const claim of prefixes.values()) {
    const { path, pathType } = claim;
    if (pathType !== "ImplementationSpecific" || !isGuarded(claim) || path === "/" || !path.endsWith("/")) continue;
    const root = path.slice(0, -1);
    if (exact.has(root) || prefixes.has(`Prefix ${root}`) || prefixes.has(`${pathType} ${root}`)) continue;
    exact.set(root, claim);
  }
}

/** Whether no other rule may take requests that may be meant for a path. */
export function isGuarded({ isRestricted, target }: PathClaim): boolean {
  return isClosed(target) || isRestricted;
}

function hasRealClaim({ rules, defaultBackend }: Ingress, host: string, index: HostIndex): boolean {
  return index.rulesOf(host, false).length > 0 || (host === "" && rules.length === 0 && defaultBackend !== undefined);
}

/** Undefined for a path that no request can have. Those of Ingresses that are `unpassed` are closed. */
function claimOf(
  ingress: Ingress,
  { path: written, pathType, target, at, isPattern, terms = termsOf(ingress) }: IngressPath,
  unpassed: readonly Ingress[] = [],
): PathClaim | undefined {
  const path = isPattern === true ? written : normalizeRulePath(written === "" ? "/" : written);
  const closed = unpassed.includes(ingress) ? UNPASSED : undefined;
  return path === undefined ? undefined : { ...terms, ingress, path, pathType, target, at, ...closed };
}

/** What an Ingress says of requests that no path of it is for; nothing where it has no default backend. */
export function defaultClaim(ingress: Ingress): readonly PathClaim[] {
  const { defaultBackend: target } = ingress;
  if (target === undefined) return [];
  const terms = ingress.defaultTerms ?? termsOf(ingress);
  return [{ ...terms, ingress, path: "", pathType: "default", target, at: "spec.defaultBackend" }];
}

/**
 * The text that a claim compares by. Prefix compares whole elements, so that a final slash says nothing; the root stays
 * "/" and needs no comparison of elements, because every path begins with it.
 */
export function comparedText({ path, pathType }: PathClaim): string {
  return pathType === "Prefix" && path !== "/" && path.endsWith("/") ? path.slice(0, -1) : path;
}

/**
 * The default backend of a host is that of the Ingress which claimed it first, as in ingress-nginx; for the catch-all,
 * which many may claim without knowing of each other, that of the oldest Ingress that has one.
 */
function mergeFallbacks(host: string, claimants: readonly Ingress[], lost: readonly LostClaim[]) {
  const claims = claimants.flatMap(defaultClaim);
  const isDecidedByFirst = host !== "" && claims[0]?.ingress !== claimants[0];
  const winner = isDecidedByFirst ? undefined : claims[0];
  const losers = winner === undefined ? [] : claims.slice(1);
  return { fallback: winner, lost: [...lost, ...losers.map((loser) => ({ loser, winner: winner as PathClaim }))] };
}
