import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Service } from "#src/model/service.ts";
import { backendTargets } from "./backend-targets.ts";

/**
 * The first port that an Ingress names, and that its Service does not have: requests for it are answered 503. Undefined where
 * there is none. A Service that does not exist may come yet, and is not reported.
 */
export function missingPort(ingress: Ingress, services: ReadonlyMap<string, Service>): Problem | undefined {
  for (const { serviceKey, port, at } of backendTargets(ingress)) {
    const service = port === undefined ? undefined : services.get(serviceKey);
    if (service === undefined || port === undefined || hasPort(service, port)) continue;
    const ports = service.ports
      .filter(({ protocol }) => protocol === "TCP")
      .map((one) => (one.name === "" ? `${one.port}` : `${one.port} (${one.name})`));
    return {
      code: "INGRESS_PORT_MISSING",
      at: objectAt("Ingress", ingress.key, at),
      what: `Cannot find port ${JSON.stringify(port)} of Service "${serviceKey}"`,
      why: ports.length === 0 ? "it has no TCP ports" : `it has only ${ports.slice(0, MAX_PORTS).join(", ")}`,
      fix:
        ports.length === 0 ? "Add the port to the Service" : "Write one of these. Until then requests are answered 503",
      severity: "warning",
    };
  }
  return undefined;
}

/** Ports that a message names. */
const MAX_PORTS = 5;

/** One of type ExternalName has every number (`withNamedPorts`). */
function hasPort({ type, ports }: Service, port: number | string): boolean {
  if (type === "ExternalName" && typeof port === "number") return true;
  return ports.some((one) => one.protocol === "TCP" && (one.port === port || (one.name !== "" && one.name === port)));
}
