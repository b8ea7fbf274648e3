/** Which Services of type LoadBalancer are Hawser's: those of one `spec.loadBalancerClass`, those without one, or both. */
export interface ServiceClass {
  /** Undefined: those without a class. */
  readonly loadBalancerClass: string | undefined;
  /** Those without a class, too. Default false. */
  readonly alsoClassless?: boolean;
}

/** Whether a Service of this `spec.loadBalancerClass` is Hawser's. */
export function isOfServiceClass(wanted: unknown, { loadBalancerClass, alsoClassless = false }: ServiceClass): boolean {
  return wanted === loadBalancerClass || (alsoClassless && wanted === undefined);
}

/** Whether a Service is Hawser's: its type and class say so. */
export function isOurService(
  { type, loadBalancerClass }: { readonly type: string; readonly loadBalancerClass: string | undefined },
  ours: ServiceClass,
): boolean {
  return type === "LoadBalancer" && isOfServiceClass(loadBalancerClass, ours);
}

export function isSameServiceClass(one: ServiceClass, other: ServiceClass): boolean {
  const isSame = one.loadBalancerClass === other.loadBalancerClass;
  return isSame && (one.alsoClassless ?? false) === (other.alsoClassless ?? false);
}

/** The two fields of a larger value. */
export function serviceClassOf({ loadBalancerClass, alsoClassless = false }: ServiceClass): ServiceClass {
  return { loadBalancerClass, alsoClassless };
}
