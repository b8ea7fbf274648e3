import { child, complain, quote, readList } from "#src/model/field.ts";
import type { Problem } from "#src/model/problem.ts";
import type { CheckedSet } from "./checked-set.ts";

/** The ports of Services that no slice of theirs has by name: nothing is sent to the endpoints in these slices. */
export function findUnmatchedPorts({ services, slices, rootOf }: CheckedSet): readonly Problem[] {
  const problems: Problem[] = [];
  const byKey = new Map(services.map((service) => [service.key, service]));
  for (const { key, serviceKey, ports, endpoints } of slices) {
    const service = byKey.get(serviceKey);
    if (service === undefined || endpoints.length === 0) continue;
    const has = (wanted: (typeof service.ports)[number]) =>
      ports.some(({ name, protocol }) => name === wanted.name && protocol === wanted.protocol);
    const missing = service.ports.filter((port) => !has(port));
    // Pods that lack a container port of this name have a slice without it; all of them missing is a slip.
    if (missing.length === 0 || missing.length < service.ports.length) continue;
    const field = child(rootOf("EndpointSlice", key, problems), "ports");
    const [first] = readList(field);
    complain(
      { ...field, place: first === undefined ? field.place : child(first, "name").place },
      "ENDPOINTS_PORT_UNMATCHED",
      {
        what: `Cannot find ${missing.map(printPort).join(", ")} of Service ${quote(serviceKey)}`,
        why: `ports of a slice are found by name, and this one has ${ports.map(printPort).join(", ") || "none"}`,
        fix: "Name the ports of the slice as in the Service, or leave the name out in both",
        severity: "warning",
      },
    );
  }
  return problems;
}

function printPort({ name, port }: { readonly name: string; readonly port: number }): string {
  return name === "" ? `port ${port} without a name` : `port ${quote(name)}`;
}
