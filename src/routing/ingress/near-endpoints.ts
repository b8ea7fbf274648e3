import type { Endpoint, EndpointSlice } from "#src/model/endpoint-slice.ts";

/** Where a program runs. */
export interface ProgramPlace {
  readonly node: string;
  /** Undefined: the Node has none, or is not known. */
  readonly zone: string | undefined;
}

/**
 * The slices with those of their ready endpoints that the cluster means for this place, as kube-proxy chooses them: those for
 * the node where each ready one says for which nodes it is, else those for the zone where each says for which zones. With all
 * of them where one does not say, or none is for this place (KEP-2433, KEP-3015).
 */
export function nearEndpoints(
  slices: readonly EndpointSlice[],
  { node, zone }: ProgramPlace,
): readonly EndpointSlice[] {
  return (
    only(slices, ({ hints }) => hints?.nodes, node) ??
    (zone === undefined ? undefined : only(slices, ({ hints }) => hints?.zones, zone)) ??
    slices
  );
}

/** Undefined where an endpoint does not say for whom it is, or none is for this one. */
function only(
  slices: readonly EndpointSlice[],
  namesOf: (endpoint: Endpoint) => readonly string[] | undefined,
  name: string,
): readonly EndpointSlice[] | undefined {
  const ready = slices.flatMap(({ endpoints }) => endpoints.filter((endpoint) => endpoint.ready));
  const saysAll = ready.every((endpoint) => (namesOf(endpoint)?.length ?? 0) > 0);
  const isFor = (endpoint: Endpoint) => namesOf(endpoint)?.includes(name) === true;
  if (!saysAll || !ready.some(isFor)) return undefined;
  return slices.map((slice) => ({ ...slice, endpoints: slice.endpoints.filter(isFor) }));
}
