import type { IngressTarget, PathType } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { normalizeRulePath } from "./path.ts";

/** What an Ingress says of a path of a host. */
export interface PathClaim {
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

/** The claims on one host, by how they are compared with requests. */
export interface MergedHost {
  /** By path. */
  readonly exact: ReadonlyMap<string, PathClaim>;
  /** Prefix and ImplementationSpecific paths, each text once for each type. */
  readonly prefixes: readonly PathClaim[];
  /** Regular expressions, which are all closed. */
  readonly patterns: readonly PathClaim[];
  readonly fallback: PathClaim | undefined;
  readonly lost: readonly LostClaim[];
}

/** Merges what all claimants (oldest first) say about a host: for the same path and type the first one wins. */
export function mergeHost(host: string, claimants: readonly Ingress[]): MergedHost {
  const named = claimants.filter((ingress) => hasRealClaim(ingress, host));
  // A host that annotations alone add is theirs while no rule names it.
  const present = named.length > 0 ? named : claimants;
  const first = new Map<string, PathClaim>();
  const patterns: PathClaim[] = [];
  const lost: LostClaim[] = [];
  for (const claim of present.flatMap((ingress) => pathsOf(ingress, host, named.length === 0))) {
    if (claim.isPattern) {
      patterns.push(claim);
      continue;
    }
    const identity = `${claim.pathType} ${comparedText(claim)}`;
    const winner = first.get(identity);
    if (winner === undefined) first.set(identity, claim);
    else lost.push({ loser: claim, winner });
  }
  const claims = [...first.values()];
  return {
    exact: new Map(claims.filter(({ pathType }) => pathType === "Exact").map((claim) => [claim.path, claim])),
    prefixes: claims.filter(({ pathType }) => pathType !== "Exact"),
    patterns,
    ...mergeFallbacks(host, present, lost),
  };
}

function hasRealClaim({ rules, defaultBackend }: Ingress, host: string): boolean {
  const hasRule = rules.some((rule) => rule.host === host && rule.isAdded !== true);
  return hasRule || (host === "" && rules.length === 0 && defaultBackend !== undefined);
}

function pathsOf(ingress: Ingress, host: string, isAdded: boolean): readonly (PathClaim & { isPattern: boolean })[] {
  const rules = ingress.rules.filter((rule) => rule.host === host && (rule.isAdded === true) === isAdded);
  return rules.flatMap(({ paths }) =>
    paths.flatMap(({ path: written, pathType, target, at, isPattern = false }) => {
      const path = isPattern ? written : normalizeRulePath(written === "" ? "/" : written);
      // Undefined: a path that no request can have.
      return path === undefined ? [] : { ingress, path, pathType, target, at, isPattern };
    }),
  );
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
  const claims = claimants.flatMap((ingress): PathClaim[] => {
    const { defaultBackend: target } = ingress;
    return target === undefined ? [] : [{ ingress, path: "", pathType: "default", target, at: "spec.defaultBackend" }];
  });
  const isDecidedByFirst = host !== "" && claims[0]?.ingress !== claimants[0];
  const winner = isDecidedByFirst ? undefined : claims[0];
  const losers = winner === undefined ? [] : claims.slice(1);
  return { fallback: winner, lost: [...lost, ...losers.map((loser) => ({ loser, winner: winner as PathClaim }))] };
}
