import type { KubeObject } from "#src/model/object.ts";
import type { StatusInput } from "#src/view/status-input.ts";

/** An installation of these objects in which no program has run; labels of namespaces and EndpointSlices are not known. */
export function inputOfObjects(objects: readonly KubeObject[], more: Partial<StatusInput> = {}): StatusInput {
  const of = (kind: string): readonly KubeObject[] => objects.filter((object) => object.kind === kind);
  return {
    nowMs: 0,
    namespace: "hawser-system",
    configMap: "hawser-system/hawser",
    loadBalancerClass: undefined,
    configMaps: of("ConfigMap"),
    services: of("Service"),
    nodes: of("Node"),
    slices: undefined,
    processes: [],
    reports: new Map(),
    members: new Map(),
    leases: "none",
    events: [],
    problems: [],
    ...more,
  };
}
