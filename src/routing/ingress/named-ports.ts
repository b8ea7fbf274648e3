import type { Ingress } from "#src/model/ingress.ts";
import type { Service, ServicePort } from "#src/model/service.ts";
import { backendTargets } from "./backend-targets.ts";

/** The port numbers that Ingresses name of these Services (`namespace/name`). */
export function namedPorts(
  ingresses: Iterable<Ingress>,
  services: { readonly size: number; has(serviceKey: string): boolean },
): ReadonlyMap<string, ReadonlySet<number>> {
  const ports = new Map<string, Set<number>>();
  if (services.size === 0) return ports;
  for (const ingress of ingresses)
    for (const { serviceKey, port } of backendTargets(ingress)) {
      if (typeof port !== "number" || !services.has(serviceKey)) continue;
      const known = ports.get(serviceKey);
      if (known === undefined) ports.set(serviceKey, new Set([port]));
      else known.add(port);
    }
  return ports;
}

/** A Service of type ExternalName with these ports, which it need not list itself; any other as it is. */
export function withNamedPorts(service: Service, ports: ReadonlySet<number> = NONE): Service {
  if (service.type !== "ExternalName") return service;
  const listed = new Set(service.ports.filter(({ protocol }) => protocol === "TCP").map(({ port }) => port));
  const added = [...ports].filter((port) => !listed.has(port)).sort((left, right) => left - right);
  return { ...service, ports: [...service.ports, ...added.map(unnamedPort)] };
}

const NONE: ReadonlySet<number> = new Set();

function unnamedPort(port: number): ServicePort {
  return { name: "", protocol: "TCP", port, targetPort: port };
}
