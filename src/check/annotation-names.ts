import { NGINX_NAMES } from "#src/model/annotations/annotation-table.ts";
import { OWN_PREFIXES } from "#src/model/annotations/prefixes.ts";

/** The names of annotations that a kind of object may have, by their prefix. */
export type AnnotationNames = ReadonlyMap<string, readonly string[]>;

const METALLB = ["address-pool", "loadBalancerIPs", "allow-shared-ip", "ip-allocated-from-pool"];

/** Of Services: Hawser's, and those of MetalLB that Hawser reads. */
export const SERVICE_ANNOTATIONS: AnnotationNames = new Map([
  ["hawser.dev/", ["address-pool", "load-balancer-ips", "sharing-key", "ip-allocated-from-pool", "release-addresses"]],
  ["metallb.io/", METALLB],
  ["metallb.universe.tf/", METALLB],
]);

/** Of Ingresses. */
export const INGRESS_ANNOTATIONS: AnnotationNames = new Map(OWN_PREFIXES.map((prefix) => [prefix, NGINX_NAMES]));
