import { type KubeObject, keyOf } from "#src/model/object.ts";
import { recordOf } from "#src/model/record.ts";
import { isOfServiceClass, type ServiceClass } from "#src/model/service-class.ts";
import { ingressOf } from "#src/model/service-status.ts";

/** The field in which a Service asked for an address before there were annotations for it. */
export const ADDRESS_WISH = "spec.loadBalancerIP";

/** What the Services of MetalLB use of it. */
export interface ServiceUse {
  /** How many Services have an address, and how many addresses they have. */
  readonly services: number;
  readonly addresses: number;
  /** The keys of the Services that have one of MetalLB's annotations, by its name. */
  readonly annotations: ReadonlyMap<string, readonly string[]>;
  readonly withSpecAddress: readonly string[];
  /** Those that carry MetalLB's note of the pool. */
  readonly adopted: readonly string[];
  /** Those that share an address with another one. */
  readonly sharing: readonly string[];
}

const WISHES_OF_METALLB = ["loadBalancerIPs", "address-pool", "allow-shared-ip"].flatMap((name) => [
  `metallb.io/${name}`,
  `metallb.universe.tf/${name}`,
]);
const NOTES_OF_METALLB = ["metallb.io/ip-allocated-from-pool", "metallb.universe.tf/ip-allocated-from-pool"];

/** Looks at the Services of type LoadBalancer of a class. */
export function serviceUseOf(objects: readonly KubeObject[], serviceClass: ServiceClass): ServiceUse {
  const services = objects.filter(({ spec }) => {
    const { type, loadBalancerClass } = recordOf(spec);
    return type === "LoadBalancer" && isOfServiceClass(loadBalancerClass, serviceClass);
  });
  const keysWhere = (holds: (object: KubeObject) => boolean): readonly string[] =>
    services.filter(holds).map(({ metadata }) => keyOf(metadata));
  const has = (name: string) => (object: KubeObject) => (object.metadata.annotations[name] ?? "").trim() !== "";
  const found = WISHES_OF_METALLB.map((name) => [name, keysWhere(has(name))] as const);
  const having = services.filter((object) => ingressOf(object).some(({ ip }) => typeof ip === "string"));
  const holders = Map.groupBy(
    having.flatMap((object) => ingressOf(object).map(({ ip }) => ({ ip, key: keyOf(object.metadata) }))),
    ({ ip }) => ip,
  );
  const shared = [...holders.values()].filter(({ length }) => length > 1).flat();
  return {
    services: having.length,
    addresses: holders.size,
    annotations: new Map(found.filter(([, keys]) => keys.length > 0)),
    withSpecAddress: keysWhere(({ spec }) => typeof recordOf(spec)["loadBalancerIP"] === "string"),
    adopted: keysWhere((object) => NOTES_OF_METALLB.some((name) => has(name)(object))),
    sharing: [...new Set(shared.map(({ key }) => key))],
  };
}
