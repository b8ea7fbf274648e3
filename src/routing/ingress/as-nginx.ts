import { type IngressPath, isBackend } from "#src/model/ingress-path.ts";
import { PathPattern } from "#src/pattern/path-pattern.ts";
import type { PathClaim } from "./merge-host.ts";

/** A path of a host where an Ingress has regular expressions, as ingress-nginx reads it: it is one, whatever its type. */
export function asNginxPath(path: IngressPath): IngressPath {
  if (path.isPattern === true || !isBackend(path.target) || !(PathPattern.read(path.path) instanceof PathPattern))
    return path;
  return { ...path, pathType: "ImplementationSpecific", isPattern: true };
}

/** The shortest path that a path is for: `/path/` of Prefix is also for `/path`. */
export function shortestPath({ path, pathType }: Pick<PathClaim, "path" | "pathType">): string {
  return pathType === "Prefix" && path.endsWith("/") ? path.slice(0, -1) : path;
}

/**
 * What nginx does with `/path` where only `/path/` is served: it redirects to that (301). A path of Prefix is for both; so none of
 * these claims is for one.
 */
export function slashClaims(
  exact: ReadonlyMap<string, PathClaim>,
  prefixes: Iterable<PathClaim>,
): readonly PathClaim[] {
  const others = [...prefixes];
  const texts = new Set(others.map(shortestPath));
  return [...exact.values(), ...others].flatMap((claim): readonly PathClaim[] => {
    const { path, pathType, target } = claim;
    const without = path.slice(0, -1);
    const isServed = exact.has(without) || texts.has(without);
    if (path.length < 2 || !path.endsWith("/") || pathType === "Prefix" || isServed || !isBackend(target)) return [];
    const location = [path, { variable: "is_args" }, { variable: "args" }] as const;
    return [
      {
        ...claim,
        path: without,
        pathType: "Exact",
        target: { redirect: { status: 301, location, isRelative: false } },
      },
    ];
  });
}
