import { parseIp, printIp } from "#src/ip/address.ts";
import { isDnsSubdomain } from "./name.ts";
import type { KubeObject } from "./object.ts";
import { ingressOf } from "./service-status.ts";

/** Where clients find an Ingress: one entry of `status.loadBalancer.ingress` (IngressLoadBalancerIngress). */
export type IngressAddress = { readonly ip: string } | { readonly hostname: string };

/** Reads an address or a DNS name, and prints it in its one form; undefined for anything else. */
export function parseIngressAddress(text: string): IngressAddress | undefined {
  const ip = parseIp(text);
  if (ip !== undefined) return { ip: printIp(ip) };
  const hostname = text.toLowerCase();
  // All digits and dots was meant as an address.
  return isDnsSubdomain(hostname) && !/^[\d.]+$/.test(hostname) ? { hostname } : undefined;
}

/** The addresses in the status of a Service or an Ingress; anything else is ignored. */
export function addressesInStatus(object: KubeObject): readonly IngressAddress[] {
  return ingressOf(object).flatMap(({ ip, hostname }) =>
    [ip, hostname].flatMap((text) => (typeof text === "string" ? (parseIngressAddress(text) ?? []) : [])),
  );
}

/** In the order in which we write them, each once. */
export function sortAddresses(addresses: readonly IngressAddress[]): readonly IngressAddress[] {
  const byText = new Map(addresses.map((address) => [JSON.stringify(address), address]));
  return [...byText].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, address]) => address);
}
