import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Ingress, IngressClass } from "#src/model/ingress.ts";
import type { Service } from "#src/model/service.ts";
import type { ProgramPlace } from "#src/routing/ingress/near-endpoints.ts";

/** An object as it is now; undefined: there is none, or it cannot be used. */
interface Latest<T> {
  readonly key: string;
  readonly after: T | undefined;
}

/**
 * What changed of the objects that routes are made of: the message from what reads them to what serves by them. It is data and refers to
 * nothing that was said before, so that the two may be in different processes.
 */
export interface RouteChanges {
  readonly ingresses: readonly Latest<Ingress>[];
  readonly classes: readonly Latest<IngressClass>[];
  readonly services: readonly Latest<Service>[];
  readonly slices: readonly Latest<EndpointSlice>[];
  /** Where the program runs, of whose zone endpoints go before others; undefined: that is not known, or not asked for. */
  readonly place?: ProgramPlace | undefined;
  /** Services (`namespace/name`) of type ExternalName whose names have other addresses than before. */
  readonly addresses?: readonly { readonly key: string; readonly addresses: readonly string[] }[];
}
