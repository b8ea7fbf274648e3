import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import type { RouteChanges } from "#ingress/server/route-changes.ts";
import type { RouteIndex } from "#ingress/server/route-index.ts";

/** An Ingress that names a port which its Service does not have. */
export interface IngressWithoutPort {
  readonly ingress: Ingress;
  readonly problem: Problem;
}

/** Follows which Ingresses name ports that their Services do not have. */
export class MissingPorts {
  readonly #index: Pick<RouteIndex, "get" | "missingPort" | "ours">;
  /** By `namespace/name`. */
  readonly #found = new Map<string, IngressWithoutPort>();

  constructor(index: Pick<RouteIndex, "get" | "missingPort" | "ours">) {
    this.#index = index;
  }

  /** At most so many of them. */
  found(limit: number): readonly IngressWithoutPort[] {
    return [...this.#found.values()].slice(0, limit);
  }

  /** Looks again at the Ingresses that a change may concern, after the index has it; whether anything is found that was not, or no longer. */
  update({ classes, ingresses, services }: Pick<RouteChanges, "classes" | "ingresses" | "services">): boolean {
    let hasChanged = false;
    for (const key of this.#touched(classes.length > 0, ingresses, services)) {
      const ingress = this.#index.get(key);
      const problem = ingress && this.#index.missingPort(ingress);
      const before = this.#found.get(key)?.problem;
      if (problem === undefined || ingress === undefined) hasChanged = this.#found.delete(key) || hasChanged;
      else this.#found.set(key, { ingress, problem });
      hasChanged ||= problem !== undefined && problem.what + problem.why !== `${before?.what}${before?.why}`;
    }
    return hasChanged;
  }

  #touched(
    isAll: boolean,
    ingresses: RouteChanges["ingresses"],
    services: RouteChanges["services"],
  ): ReadonlySet<string> {
    const keys = new Set(ingresses.map(({ key }) => key));
    if (isAll) for (const key of this.#found.keys()) keys.add(key);
    // A Service is of use to Ingresses of its own namespace alone.
    const namespaces = new Set(services.map(({ key }) => key.slice(0, key.indexOf("/"))));
    if (isAll || namespaces.size > 0)
      for (const { key, namespace } of this.#index.ours()) if (isAll || namespaces.has(namespace)) keys.add(key);
    return keys;
  }
}
