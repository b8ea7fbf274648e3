// The rules that the statuses keep, which know nothing of how they are decided.
import { addressesOf, CONFIGS, conditionOf, FIRST, type ModelCluster, type Shown } from "./model-cluster.ts";

/** The rules of sharing: one key, no port of both, and the same backend where one is Local. */
function mayShare(left: Shown, right: Shown): boolean {
  const key = ({ metadata }: Shown) => metadata.annotations["hawser.dev/sharing-key"];
  const ports = ({ spec }: Shown) => new Set(spec.ports.map(({ port }) => port));
  const isLocal = [left, right].some(({ spec }) => spec.externalTrafficPolicy === "Local");
  return key(left) !== undefined && key(left) === key(right) && !isLocal && ports(left).isDisjointFrom(ports(right));
}

/** What is wrong with the statuses: `before` those of before the operation, by name. */
export function faultOfStatuses(
  cluster: ModelCluster,
  before: ReadonlyMap<string, readonly string[]>,
  touched: readonly string[],
): string | undefined {
  const services = cluster.services();
  for (const [at, one] of services.entries()) {
    const { name } = one.metadata;
    const [has, { reason = "", status = "" }] = [addressesOf(one), conditionOf(one)];
    const clash = services.slice(at + 1).find((other) => !mayShare(one, other) && overlaps(has, addressesOf(other)));
    if (clash !== undefined) return `${name} has ${has.join()} beside ${clash.metadata.name}`;
    const lost = (before.get(name) ?? []).filter((ip) => !has.includes(ip));
    // What it asked for before may be free only now.
    const isAsked = has.includes(one.metadata.annotations["hawser.dev/load-balancer-ips"] ?? "");
    if (lost.length > 0 && !touched.includes(name) && !isAsked)
      return `${name} lost ${lost.join()}, and was not edited`;
    if (one.spec.type !== "LoadBalancer" && has.length > 0) return `${name} is no LoadBalancer and has ${has.join()}`;
    if (one.spec.type !== "LoadBalancer" || reason === "StatusContested") continue;
    if ((status === "True") !== has.length > 0) return `${name} has ${has.join()} and says ${status} ${reason}`;
    if (has.length === 0 && !isTrue(cluster, one, reason)) return `${name} waits and says ${reason}, which is not so`;
  }
  return undefined;
}

function overlaps(left: readonly string[], right: readonly string[]): boolean {
  return left.some((ip) => right.includes(ip));
}

/** Whether the reason of a Service that has no address is true. */
function isTrue(cluster: ModelCluster, { metadata }: Shown, reason: string): boolean {
  const asked = metadata.annotations["hawser.dev/load-balancer-ips"];
  const { config } = cluster.source.stored("ConfigMap", "hawser-system/hawser")["data"] as { config: string };
  const used = cluster.services().flatMap((one) => (one.metadata === metadata ? [] : addressesOf(one)));
  const isKeeping = config.includes("forever");
  switch (reason) {
    case "RequestedAddressInUse":
      return asked !== undefined && (used.includes(asked) || isKeeping);
    case "RequestedAddressNotInPool":
      return asked !== undefined;
    case "NoPoolConfigured":
      return config === CONFIGS[0];
    case "QuotaExceeded":
      return config.includes("quota") && new Set(used.filter((ip) => FIRST.includes(ip))).size >= 3;
    case "PoolExhausted": {
      const all = config.includes("/30") ? FIRST : config.includes("/31") ? FIRST.slice(0, 2) : [];
      return asked === undefined && (isKeeping || all.every((ip) => used.includes(ip)));
    }
    default:
      return false;
  }
}
