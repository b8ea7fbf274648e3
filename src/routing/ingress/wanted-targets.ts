import type { Ingress } from "#src/model/ingress.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";

/** A target of a policy. */
export interface Wanted {
  readonly policy: HttpPolicy;
  readonly target: HttpPolicy["targets"][number];
}

/** What policies are for, of one Ingress: each path looks for its own alone. */
export interface WantedTargets {
  readonly whole: readonly Wanted[];
  readonly paths: ReadonlyMap<string, readonly Wanted[]>;
  /** By name. */
  readonly services: ReadonlyMap<string, readonly Wanted[]>;
}

/** Places the targets of policies; those that are other Ingresses are left out. */
export function wantedOf({ name }: Ingress, policies: readonly HttpPolicy[]): WantedTargets {
  const all = policies.flatMap((policy) => policy.targets.map((target): Wanted => ({ policy, target })));
  const own = all.filter(({ target }) => target.kind === "Ingress" && target.name === name);
  return {
    whole: own.filter(({ target }) => target.path === undefined),
    paths: Map.groupBy(
      own.filter(({ target }) => target.path !== undefined),
      ({ target }) => target.path ?? "",
    ),
    services: Map.groupBy(
      all.filter(({ target }) => target.kind === "Service"),
      ({ target }) => target.name,
    ),
  };
}
