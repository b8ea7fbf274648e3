import { addToSet, removeFromSet } from "#src/collections/add-to-set.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import { fallbacksOf, MAX_POLICIES } from "./attach-policies.ts";
import { backendTargets } from "./backend-targets.ts";

/** Policies by what they are attached to, whether or not that exists. */
export class PolicyTargets {
  /** By `Ingress namespace/name`, `Service namespace/name`. */
  readonly #byTarget = new Map<string, Set<HttpPolicy>>();

  /** Whether there is no policy. */
  get isEmpty(): boolean {
    return this.#byTarget.size === 0;
  }

  add(policy: HttpPolicy): void {
    for (const id of targetsOf(policy)) addToSet(this.#byTarget, id, policy);
  }

  delete(policy: HttpPolicy): void {
    for (const id of targetsOf(policy)) removeFromSet(this.#byTarget, id, policy);
  }

  /**
   * Those that may be for an Ingress, or for a Service that it sends requests to; the oldest first. Of more than `MAX_POLICIES`, which close
   * the Ingress, just one more.
   */
  of(ingress: Ingress): readonly HttpPolicy[] {
    if (this.isEmpty) return [];
    const { namespace, name } = ingress;
    const found = new Set<HttpPolicy>();
    const add = (id: string): void => {
      for (const policy of this.#byTarget.get(id) ?? []) if (found.size <= MAX_POLICIES) found.add(policy);
    };
    add(`Ingress ${namespace}/${name}`);
    for (const service of servicesOf(ingress)) add(`Service ${service}`);
    // What takes the place of a Service without endpoints may be said by a policy.
    for (const service of fallbacksOf(found)) add(`Service ${service}`);
    return [...found].sort(comparePolicyAge);
  }
}

/** The Services (`namespace/name`) to which an Ingress sends requests, each once. */
export function servicesOf(ingress: Ingress): ReadonlySet<string> {
  return new Set(backendTargets(ingress).map(({ serviceKey }) => serviceKey));
}

function targetsOf({ namespace, targets }: HttpPolicy): ReadonlySet<string> {
  return new Set(targets.map(({ kind, name }) => `${kind} ${namespace}/${name}`));
}

/** The older first, then by `namespace/name`, as in the Gateway API. */
function comparePolicyAge(left: HttpPolicy, right: HttpPolicy): number {
  if (left.createdMs !== right.createdMs) return left.createdMs - right.createdMs;
  return left.key < right.key ? -1 : 1;
}
