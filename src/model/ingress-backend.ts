import { child, complain, complainMissing, type Field, isUnset, quote, readMap, readText } from "./field.ts";
import { isDnsLabel } from "./name.ts";
import { readPort, readPortReference } from "./port.ts";

/** A backend as an Ingress names it; the port is by number or by the Service port's name. Empty, as no Ingress can write it: the first port. */
export interface IngressBackend {
  readonly serviceName: string;
  readonly servicePort: number | string;
}

/**
 * Reads a backend in either form: `service: {name, port: {number | name}}` of v1, or `serviceName` and `servicePort` of
 * the old versions. The form of the other version is read with a warning, because an API server would drop it.
 */
export function readBackend(field: Field, isV1: boolean): IngressBackend | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the Service that requests go to");
  if (!readMap(field)) return undefined;
  const service = child(field, "service");
  const isOldForm = !isUnset(child(field, "serviceName"));
  if (!isUnset(child(field, "resource")))
    return complain(child(field, "resource"), "INGRESS_RESOURCE_BACKEND", {
      what: "Cannot serve this backend",
      why: "it is a resource, and Hawser sends requests to Services",
      fix: "Write a service in its place",
    });
  if (isUnset(service) && !isOldForm) return complainMissing(service, "Write service with name and port");
  if (!isUnset(service) && isOldForm)
    return complain(field, "FIELD_INVALID", {
      what: "Cannot choose a Service",
      why: "it has both service and serviceName",
      fix: "Remove serviceName and servicePort",
    });
  if (isOldForm === isV1) warnOfForm(field, isV1);
  return isOldForm ? readOldForm(field) : readNewForm(service);
}

function warnOfForm(field: Field, isV1: boolean): void {
  complain(field, "INGRESS_BACKEND_FORM", {
    what: "Read the backend although it has another form",
    why: isV1 ? "serviceName and servicePort are of v1beta1" : "service is of networking.k8s.io/v1",
    fix: isV1 ? "Write service: {name: ..., port: {number: ...}}" : "Write apiVersion: networking.k8s.io/v1",
    severity: "warning",
  });
}

function readOldForm(field: Field): IngressBackend | undefined {
  const portField = child(field, "servicePort");
  const serviceName = readServiceName(child(field, "serviceName"));
  const servicePort = readPortReference(portField);
  if (isUnset(portField)) return complainMissing(portField, "Write the number or the name of the Service's port");
  return serviceName === undefined || servicePort === undefined ? undefined : { serviceName, servicePort };
}

function readNewForm(service: Field): IngressBackend | undefined {
  if (!readMap(service)) return undefined;
  const serviceName = readServiceName(child(service, "name"));
  const servicePort = readServicePort(child(service, "port"));
  return serviceName === undefined || servicePort === undefined ? undefined : { serviceName, servicePort };
}

function readServicePort(port: Field): number | string | undefined {
  const fix = "Write port: {number: 80}, or port: {name: http}";
  if (isUnset(port)) return complainMissing(port, fix);
  if (!readMap(port)) return undefined;
  const [number, name] = [child(port, "number"), child(port, "name")];
  const hasName = !isUnset(name) && name.value !== "";
  if (isUnset(number) === !hasName) {
    const why = hasName ? "it has both number and name" : "it has neither number nor name";
    return complain(port, "FIELD_INVALID", { what: "Cannot choose a port", why, fix });
  }
  return hasName ? readPortReference({ ...name, value: readText(name) }) : readPort(number);
}

function readServiceName(field: Field): string | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the name of the Service");
  const name = readText(field);
  if (name === undefined || isDnsLabel(name)) return name;
  return complain(field, "FIELD_INVALID", {
    what: `Cannot use the Service ${quote(name)}`,
    why: "it is not a name of a Service, which must be in the namespace of the Ingress",
    fix: "Write the name alone",
  });
}
