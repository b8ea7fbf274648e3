import { isBackend } from "#src/model/ingress-path.ts";
import type { Balancing } from "#src/routing/balancing.ts";
import type { Canary } from "#src/routing/canary.ts";
import { backendKey } from "./backend.ts";
import { balancingOf } from "./balancing-of.ts";
import type { PathClaim } from "./merge-host.ts";

/** As in ingress-nginx. */
const WEIGHT_TOTAL = 100;

/** What a canary says of a path of its main Ingress. `main`: how the endpoints of that are chosen. */
export function canaryOf(
  { ingress, path, target, settings }: PathClaim,
  main: Balancing | undefined,
): Canary | undefined {
  if (!isBackend(target)) return undefined;
  const { namespace } = ingress;
  const { canaryByHeader: name, canaryByHeaderValue: value, canaryByCookie: byCookie } = settings;
  const { canaryByHeaderPattern: pattern } = settings;
  const { canaryWeight: weight = 0, canaryWeightTotal: total = WEIGHT_TOTAL } = settings;
  const keepsSessions = settings.affinityCanaryBehavior !== "legacy";
  const own = balancingOf(settings, path);
  const inherited = keepsSessions && main?.affinity !== undefined ? { affinity: main.affinity } : undefined;
  return {
    object: ingress.key,
    backend: backendKey(namespace, target.serviceName, target.servicePort),
    isByService: settings.serviceUpstream === true,
    balancing: inherited === undefined ? own : { policy: "round-robin", ...own, ...inherited },
    byHeader: name === undefined ? undefined : { name, value, pattern },
    byCookie,
    weight,
    total,
    keepsSessions,
  };
}
