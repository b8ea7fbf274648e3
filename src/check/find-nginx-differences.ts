import { child, complain, isUnset, quote } from "#src/model/field.ts";
import { type IngressPath, isClosed } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import { shortestPath } from "#src/routing/ingress/as-nginx.ts";
import type { CheckedSet } from "./checked-set.ts";
import { fieldAt } from "./field-at.ts";

/** The controllers that classes of ingress-nginx name, also of a second installation of it: their Ingresses were written for it. */
const NGINX_CONTROLLER = /^k8s\.io\/.*nginx/;

/** A path of a host. */
interface HostPath {
  readonly ingress: Ingress;
  readonly path: IngressPath;
}

/** Paths that ingress-nginx would compare otherwise, where its class is served: each of them at its line. */
export function findNginxDifferences({ installation, ingresses, rootOf }: CheckedSet): readonly Problem[] {
  if (installation.compat === "nginx" || !NGINX_CONTROLLER.test(installation.controllerClass)) return [];
  const problems: Problem[] = [];
  for (const [host, paths] of pathsByHost(ingresses)) {
    const regex = paths.find(({ ingress }) => ingress.usesRegex === true)?.ingress;
    const texts = new Set(paths.map(({ path }) => shortestPath(path)));
    for (const one of paths) {
      const text = regex === undefined ? slashDifference(one.path, texts) : regexDifference(one.path, host, regex.key);
      if (text === undefined) continue;
      const root = rootOf("Ingress", one.ingress.key, problems);
      const field = fieldAt(root, one.path.at);
      const path = child(field, "path");
      complain(isUnset(path) ? field : path, "INGRESS_NGINX_DIFFERS", { ...text, severity: "warning" });
    }
  }
  return problems;
}

function pathsByHost(ingresses: readonly Ingress[]): ReadonlyMap<string, readonly HostPath[]> {
  const found = ingresses.flatMap((ingress) =>
    ingress.settings.canary === true
      ? []
      : ingress.rules.flatMap(({ host, paths, isAdded }) =>
          isAdded === true ? [] : paths.map((path) => ({ host, ingress, path })),
        ),
  );
  return Map.groupBy(found, ({ host }) => host);
}

/** ingress-nginx makes an expression of each path of a host where one Ingress has them. */
function regexDifference({ path, isPattern, target, pathType }: IngressPath, host: string, regex: string) {
  if (isPattern === true || path === "/" || isClosed(target)) return undefined;
  return {
    what: `Compared ${quote(path)} as ${pathType} says`,
    why: `ingress-nginx makes regular expressions of all paths of the host ${quote(host === "" ? "*" : host)}, because Ingress ${quote(regex)} has them: without regard to case, and to where the path ends`,
    fix: "Nothing, if clients write the path as it is; otherwise start the ingress with --compat=nginx, or write it with pathType ImplementationSpecific, and use-regex: true into this Ingress",
  };
}

/** nginx redirects to the path with a slash, where the other one has no location. */
function slashDifference({ path, pathType, isPattern, target }: IngressPath, texts: ReadonlySet<string>) {
  const without = path.slice(0, -1);
  const isAlone = path.length > 1 && path.endsWith("/") && !texts.has(without);
  if (!isAlone || pathType === "Prefix" || isPattern === true || isClosed(target)) return undefined;
  return {
    what: `Served ${quote(path)}, and not ${quote(without)}`,
    why: `ingress-nginx redirects ${quote(without)} to it (301)`,
    fix: "Write it with pathType: Prefix, which is for both, if clients leave the slash out, or start the ingress with --compat=nginx",
  };
}
