import type { Service } from "#src/model/service.ts";

/**
 * What two Services on one address must have in common besides the sharing key: with externalTrafficPolicy Local the
 * canonical text of the selector, since a node then forwards to its own pods only; empty with Cluster, and empty also
 * for Local with an empty selector (as MetalLB has it).
 */
export function backendOf(service: Service): string {
  if (service.externalTrafficPolicy === "Cluster") return "";
  const labels = Object.entries(service.selector).sort(([left], [right]) => (left < right ? -1 : 1));
  return labels.length === 0 ? "" : JSON.stringify(labels);
}

/** The ports a Service takes on its address: `TCP/80`. The protocol is part of it, so TCP/53 and UDP/53 differ. */
export function portsOf(service: Service): string[] {
  return service.ports.map((port) => `${port.protocol}/${port.port}`);
}

/**
 * All that decides whether a Service may share its address, as a text that is equal for equal terms; undefined for one
 * that does not share. It is kept in an annotation while the Service has an address: so it shows who was edited since,
 * also after a restart of the controller.
 */
export function sharingTermsOf(service: Service): string | undefined {
  const { sharingKey } = service;
  return sharingKey === "" ? undefined : JSON.stringify([sharingKey, backendOf(service), ...portsOf(service).sort()]);
}

/** Whether the terms of a sharing Service were edited since it has its address: in a conflict it yields. */
export function isEdited(service: Service): boolean {
  return service.sharedTerms !== undefined && service.sharedTerms !== sharingTermsOf(service);
}
