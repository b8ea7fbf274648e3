import type { ClientTie } from "./client-tie.ts";
import type { SecureTarget } from "#ingress/io/secure-target.ts";

/** What the connections to an endpoint have in common that can stand for each other. */
export interface EndpointLink {
  /** How TLS is spoken; undefined: not at all. */
  readonly secure: SecureTarget | undefined;
  /** The client that they serve alone, where a header of the PROXY protocol says whose they are; undefined: they serve all clients. */
  readonly tie: ClientTie | undefined;
}

/** Whether a request with one link may go over a connection with the other. */
export function isSameLink(one: EndpointLink, other: EndpointLink): boolean {
  return one.secure === other.secure && one.tie === other.tie;
}
